/** What a template comes to here, where StackStorm has another answer, and why. */
interface Difference {
  comes_to: { text: string } | { error: "syntax" | "undefined" | "other"; reason: string };
  reason: string;
}

export const DIFFERENCES: Record<string, Difference> = {
  "{{ (5).bit_length() }} {{ f.is_integer() }} {{ whole.is_integer() }} {{ n.real }} {{ (255).to_bytes }}": {
    comes_to: { error: "undefined", reason: "'int object' has no attribute 'to_bytes'" },
    reason: "numbers have no bytes here",
  },
  "{{ s | regex_search('(?<=a)b') }} {{ 'aa' | regex_match('(a)\\\\1') }}": {
    comes_to: {
      error: "other",
      reason:
        "regex_search: the pattern cannot be matched: it looks ahead or behind (`(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`)",
    },
    reason: "patterns are RE2's, which match in linear time",
  },
  '{{ \'- !!str 5\\n- !!int "7"\\n- "x"\\n- 2024-01-01\\n- 0o17\\n- 017\\n- 0b11\\n- +5\\n- 12e03\\n- "a\\\\tb"\' | from_yaml_string }}':
    {
      comes_to: { text: "['5', 7, 'x', '2024-01-01', '0o17', 15, 3, 5, '12e03', 'a\\tb']" },
      reason: "a date of YAML stays a text, because JSON has no dates",
    },
};

/** The reasons of failures that have other words here, because the words are those of a library of Python or of this project. */
export const OTHER_WORDS: Record<string, string> = {
  "{{ '{' | from_json_string }}": "from_json_string: the value is not JSON",
  "{{ '' | from_json_string }}": "from_json_string: the value is not JSON",
  "{{ '{a: [' | from_yaml_string }}": "from_yaml_string: the value is not YAML",
  "{{ weather | jsonpath_query('$[') }}":
    "jsonpath_query: the query is not valid: unclosed bracketed selection ('$[':2)",
  "{{ s | regex_search('(') }}": "regex_search: the pattern cannot be matched: missing closing ): `(`",
  "{{ '5' | to_human_time_from_seconds }}": "to_human_time_from_seconds: the value is not a number",
  "{{ list | join(1, 2, 3, 4) }}": "sync_do_join() takes from 1 to 3 positional arguments but 5 were given",
};
