/** Templates that would cost a process its memory, or minutes of its time. */
export const HOSTILE_TEMPLATES: Record<string, string> = {
  "asks for a gigabyte": "{{ 'a' * 1000000000 }}",
  "asks for it again and again": "{% for i in range(1000) %}{% set x = 'a' * 60000000 %}{% endfor %}",
  "fills its memory": "{{ ('a' * 20000000) ~ ('b' * 20000000) }}",
  "copies in two loops":
    "{% for i in range(9000) %}{% for j in range(9000) %}{% set x = 'a' * 1000000 %}{% endfor %}{% endfor %}",
  "doubles a text":
    "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
  "nests a list in itself, twice each time":
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
  "nests a list deeply":
    "{% set n = namespace(x=[1]) %}{% for i in range(90000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
  "replaces in a long text": "{{ ('a' * 20000000) | replace('a', 'bbbb') }}",
  "prints a long text through filters": "{{ ('a' * 20000000) | upper | lower | title | urlencode | tojson }}",
  "searches the rest of a text at each place": "{{ ('a' * 300000) | regex_replace('a.*[yz]|a', 'b') }}",
  "queries each node again and again":
    "{{ ('[' ~ ('[1, 2], ' * 1000) ~ '0]') | from_json_string | jsonpath_query('$[?$..[?$..[?$..x]]]') }}",
  "reads YAML of keys in keys": "{{ ('? ' * 100000) | from_yaml_string }}",
  "reads JSON that is deep": "{{ ('[' * 100000) | from_json_string }}",
  "calls itself": "{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 2) }}{% endmacro %}{{ m(0) }}",
  "sorts and joins without end":
    "{% for i in range(10000) %}{{ range(90000) | sort | join(',') | length }}{% endfor %}",
};
