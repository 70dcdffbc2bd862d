"""The templates that are compared, by subject. Each is rendered over CONTEXT."""

CONTEXT = r"""
{
  "n": 5, "zero": 0, "neg": -7, "big": 9007199254740993, "huge": 123456789012345678901234567890,
  "f": 1.5, "whole": 2.0, "tiny": 1e-07, "large": 1e+16, "third": 0.1,
  "yes": true, "no": false, "nothing": null,
  "s": "abc", "empty": "", "title": "Hello World", "path": "/srv/app/releases/v1.2.3.tar.gz",
  "spaced": "  a b  ", "lines": "one\ntwo\n\nthree\n", "quoted": "it's \"so\"", "back": "a\\b\tc\nd",
  "accent": "\u00e9t\u00e9 \u20ac", "emoji": "a\ud83d\ude00b", "html": "<a href='x'>&</a>", "csv": "a,b,,c",
  "digits": "0042", "version": "1.10.2", "json": "{\"b\": [1, 2.0, null], \"a\": {\"c\": true}}",
  "yaml": "b: [1, 2.0, ~]\na: {c: yes}\n", "log": "eth0: 10.0.0.1 up\neth1: 10.0.0.22 down\n",
  "list": [3, 1, 2], "mixed": [1, "x", null, true, 2.0, [1], {"k": "v"}], "words": ["pear", "Apple", "fig"],
  "nolist": [], "floats": [1.0, 2.5, 1e20], "nested": [[1, 2], [3, [4]]],
  "object": {"b": 1, "a": {"c": [1, 2]}, "items": 7}, "noobject": {},
  "users": [
    {"name": "ada", "age": 36, "admin": true, "tags": ["x", "y"]},
    {"name": "bob", "age": 25, "admin": false, "tags": []},
    {"name": "Cyd", "age": 36, "admin": true, "tags": ["z"]}
  ],
  "weather": {"main": {"temp": 281.5}, "wind": [{"speed": 4.0}, {"speed": 7}], "city": "Oslo"}
}
"""

TEMPLATES = {
    "values": r"""
{{ n }} {{ zero }} {{ neg }} {{ big }} {{ huge }}
{{ f }} {{ whole }} {{ tiny }} {{ large }} {{ third }}
{{ yes }} {{ no }} {{ nothing }}
{{ list }} {{ mixed }} {{ nolist }}
{{ object }} {{ noobject }}
{{ floats }} {{ nested }}
{{ quoted }} {{ [quoted] }} {{ ["it's"] }} {{ ['"'] }}
{{ [back] }} {{ [accent] }} {{ [emoji] }} {{ ['\x00\x7f\x85\u200b\ufeff'] }}
{{ {'z': 1, 'a': 2, 'm': {'y': 1, 'b': 2}} }}
{{ {1: 'a', 2.0: 'b', none: 'c', true: 'd'} }}
{{ (1, 2) }} {{ (1,) }} {{ () }} {{ [(1, 'a')] }}
{{ 'a' 'b' "c" }}
{{ 1_000 }} {{ 0x1F }} {{ 0o17 }} {{ 0b101 }} {{ 1e3 }} {{ 1.5e-3 }} {{ 1.0 }} {{ 1e16 }} {{ 1e22 }}
{{ "a\nb\tc" }}|{{ 'a\\b' }}|{{ '\x41\u00e9\'' }}|{{ "\w+\d" }}
{{ None }} {{ True }} {{ False }} {{ none }} {{ true }} {{ false }}
{{ users[0] }}
{{ users[0].name }} {{ users[1]['age'] }} {{ users[-1].tags[0] }}
{{ object.items }} {{ object['items'] }}|{{ object.a.c[1] }}
{{ weather.wind[0].speed }} {{ weather['main']['temp'] }}
{{ list.0 }} {{ nested.1.1.0 }}
{{ s[0] }} {{ s[-1] }} {{ s[1:] }} {{ s[:2] }} {{ s[::-1] }} {{ s[::2] }} {{ s[5:] }}
{{ list[1:] }} {{ list[:-1] }} {{ list[::-1] }} {{ list[-2:] }} {{ (1, 2, 3)[1:] }}
{{ emoji | length }} {{ emoji[1] }} {{ emoji[::-1] }} {{ emoji | upper }}
""",
    "operators": r"""
{{ n + 1 }} {{ n - 7 }} {{ n * 2 }} {{ n / 2 }} {{ n // 2 }} {{ n % 3 }} {{ n ** 2 }}
{{ 4 / 2 }} {{ 7 // 2.0 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7.5 % 2 }} {{ 2 ** -1 }} {{ 2 ** 0.5 }}
{{ big + 1 }} {{ huge * huge }} {{ 2 ** 100 }} {{ huge // 7 }} {{ huge % 1000 }} {{ -huge // 7 }}
{{ 1 + 2.0 }} {{ 0.1 + 0.2 }} {{ 1.0 * 3 }} {{ 10 / 3 }} {{ 1e300 * 1e10 }} {{ -0.0 }}
{{ 'a' + 'b' }} {{ 'ab' * 3 }} {{ [1] + [2] }} {{ [0] * 3 }} {{ 3 * 'x' }} {{ (1,) + (2,) }}
{{ n ~ '-' ~ f ~ '-' ~ yes ~ '-' ~ nothing ~ list }}
{{ 'a %s b %d' % ('x', 5) }} {{ '%05.2f|%-5s|%5s|%x|%o|%e|%g' % (1.5, 'a', 'b', 255, 8, 12345.678, 0.0001) }}
{{ '%s' % [1, 'a'] }} {{ '%r' % 'x' }} {{ '%(a)s-%(b)03d' % {'a': 1, 'b': 2} }} {{ '100%%' % () }} {{ '%+d % d' % (1, 2) }}
{{ 1 == 1.0 }} {{ 1 == true }} {{ '1' == 1 }} {{ [1, 2] == [1, 2.0] }} {{ {'a': 1} == {'a': 1} }} {{ none == false }}
{{ 1 < 2 }} {{ 2 <= 2 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 != 2 }} {{ 'B' < 'a' }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 == true }} {{ 1 == 1 in [true] }}
{{ 'a' in 'abc' }} {{ 2 in list }} {{ 'b' in object }} {{ 'z' not in object }} {{ 1 in object }} {{ 2.0 in list }}
{{ not yes }} {{ not nothing }} {{ not list }} {{ not nolist }} {{ not '' }} {{ not 0.0 }} {{ not noobject }}
{{ yes and n }} {{ no and n }} {{ zero or s }} {{ s or n }} {{ nothing or nolist or 'last' }} {{ not no and yes }}
{{ 'a' if yes else 'b' }} {{ 'a' if no else 'b' }} {{ 'a' if yes }}
[{{ 'a' if no }}]
{{ ('a' if no) is defined }} {{ ('a' if no) | default('none') }}
{{ 'x' if n > 3 and s == 'abc' else 'y' }} {{ 1 if no else 2 if no else 3 }}
{{ -n }} {{ +n }} {{ - 3 }} {{ -n | abs }} {{ -2 ** 2 }} {{ 2 ** 3 ** 2 }}
{{ n + 1 ~ s }} {{ 1 ~ 2 + 3 }} {{ n * 2 + 1 }} {{ (n + 1) * 2 }} {{ 2 + 3 * 4 % 5 }}
{{ true + 1 }} {{ true and 'x' }} {{ [yes, no] | sum }} {{ true ~ 1 }}
{{ n > 3 }} {{ f >= 1.5 }} {{ whole == 2 }} {{ 2 is eq 2.0 }}
{{ 1 is number and 2 is number }} {{ not 1 is string }} {{ n is not none }}
""",
    "statements": r"""
{% if n > 3 %}big{% elif n > 1 %}mid{% else %}small{% endif %}
{% if no %}a{% elif nothing %}b{% else %}c{% endif %}|{% if nolist %}x{% endif %}|
{% for x in list %}{{ x }},{% endfor %}
{% for x in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}
{% for x in nolist %}x{% else %}none{% endfor %}
{% for k, v in object.a.items() %}{{ k }}={{ v }};{% endfor %}
{% for k in object %}{{ k }},{% endfor %}{% for c in s %}{{ c }}.{% endfor %}
{% for u in users if u.admin %}{{ u.name }}{{ loop.index }}{% if not loop.last %}, {% endif %}{% endfor %}
{% for u in users if not u.admin and u.age > 99 %}x{% else %}nobody{% endfor %}
{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for x in [1, 2] %}{% for y in ['a', 'b'] %}{{ x }}{{ y }}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}
{% for x in list %}{{ loop.cycle('odd', 'even') }} {{ loop.previtem }} {{ loop.nextitem }};{% endfor %}
{% for x in list %}{{ loop.previtem | default('-') }}{{ loop.nextitem is defined }}{{ loop.changed(x > 2) }} {% endfor %}
{% for x in nested recursive %}{% if x is iterable %}[{{ loop(x) }}]{% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}
{% for i in range(3) %}{{ i }}{% endfor %} {{ range(2, 10, 3) | list }} {{ range(5, 0, -2) | list }} {{ range(3) }}
{% set x = 5 %}{{ x }}{% set x = x + 1 %}{{ x }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}
{% set x = 1 %}{% for i in list %}{% set x = x + i %}{% endfor %}{{ x }}
{% set ns = namespace(x=1, found=false) %}{% for i in list %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }} {{ ns.found }}
{% set x %}block {{ n }}{% endset %}[{{ x }}]{{ x | upper }}
{% set x | upper | trim %} block {% endset %}[{{ x }}]
{% if yes %}{% set y = 1 %}{% endif %}{{ y }}
{% if no %}{% set y = 1 %}{% endif %}{{ y is defined }}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}
{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}
{% macro m(a, b=2) %}<{{ a }}|{{ b }}>{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=4, a=5) }}{{ m() }}
{% macro m(a) %}{{ varargs }}{{ kwargs }}{{ a }}{% endmacro %}{{ m(1, 2, 3, z=4) }}{{ m.name }}{{ m.arguments }}
{% macro m() %}({{ caller() }}){% endmacro %}{% call m() %}in{% endcall %}
{% macro m(xs) %}{% for x in xs %}({{ caller(x) }}){% endfor %}{% endmacro %}{% call(it) m([1, 2]) %}<{{ it }}>{% endcall %}
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}
{% filter upper %}abc {{ s }}{% endfilter %}{% filter replace('a', 'b') | upper %}aaa{% endfilter %}
{% raw %}{{ n }} {% if %} {# #}{% endraw %}
{% set l = [] %}{% for x in list %}{% set _ = l.append(x * 2) %}{% endfor %}{{ l }}
{% set l = [] %}{% for x in list %}{% if l.append(x) %}{% endif %}{% endfor %}{{ l | join('-') }}
{% set d = {} %}{% for u in users %}{% set _ = d.update({u.name: u.age}) %}{% endfor %}{{ d }}
{% set d = dict(object) %}{% set _ = d.pop('b') %}{{ d }} {{ object.b }}
{% autoescape true %}{{ html }}{{ '<b>' | safe }}{% endautoescape %}{{ html }}
{% block x %}in block{% endblock %}
{% for x in list %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}
{% do list.append(1) %}
{% for i in range(3) -%} {{ i }} {%- endfor %}
{% for x in 'ab' %}{{ loop.index }}{{ loop }}{% endfor %}
{% set x = namespace(a=1) %}{{ x.b is defined }}{{ x.b | default('z') }}{{ x['a'] is defined }}
{% for x in [3, 1] | sort %}{{ x }}{% endfor %}{% for k, v in object | dictsort %}{{ k }}{% endfor %}
{% include 'x' %}
{% import 'x' as y %}
{% set x.y = 1 %}
{{ joiner }}{% set j = joiner('|') %}{% for x in list %}{{ j() }}{{ x }}{% endfor %}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}
{{ self }}
""",
    "methods of texts": r"""
{{ s.upper() }} {{ title.lower() }} {{ title.title() }} {{ 'hello WORLD'.capitalize() }} {{ title.swapcase() }}
{{ spaced.strip() }}| {{ spaced.lstrip() }}|{{ spaced.rstrip() }}|{{ 'xxaxx'.strip('x') }} {{ 'abcba'.lstrip('ab') }} {{ 'abcba'.rstrip('ab') }}
{{ csv.split(',') }} {{ csv.split(',', 1) }} {{ csv.rsplit(',', 1) }} {{ spaced.split() }} {{ 'a  b c'.split(None, 1) }} {{ 'a b c'.rsplit(maxsplit=1) }}
{{ lines.splitlines() }} {{ lines.splitlines(true) }} {{ 'a\r\nb'.splitlines() }}
{{ '-'.join(words) }} {{ ''.join(['a', 'b']) }} {{ ', '.join(object) }}
{{ s.replace('b', 'X') }} {{ 'aaaa'.replace('a', 'b', 2) }} {{ 'ab'.replace('', '-') }}
{{ s.startswith('a') }} {{ s.endswith('bc') }} {{ s.startswith(('x', 'a')) }} {{ s.startswith('b', 1) }} {{ s.endswith('b', 0, 2) }}
{{ s.find('c') }} {{ s.find('z') }} {{ s.index('b') }} {{ 'abab'.rfind('b') }} {{ 'abab'.rindex('a') }} {{ 'aXbXc'.find('X', 2) }}
{{ 'banana'.count('an') }} {{ 'banana'.count('a', 2) }} {{ 'aaa'.count('aa') }}
{{ digits.zfill(6) }} {{ '-5'.zfill(4) }} {{ 's'.ljust(4, '.') }} {{ 's'.rjust(4) }} {{ 's'.center(4, '*') }} {{ 'ab'.center(5, '*') }}
{{ digits.isdigit() }} {{ 'a1'.isalnum() }} {{ s.isalpha() }} {{ '12'.isnumeric() }} {{ '½'.isdecimal() }} {{ ' '.isspace() }} {{ 'A'.isupper() }} {{ s.islower() }} {{ title.istitle() }} {{ 'a_1'.isidentifier() }} {{ ''.isdigit() }}
{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('x') }}
{{ '{} and {}'.format(1, 'x') }} {{ '{0}{1}{0}'.format('a', 'b') }} {{ '{name:>6}|{n:05d}|{f:.2f}'.format(name='x', n=42, f=1.005) }}
{{ '{:<5}|{:^5}|{:>5}|{:*^7}'.format('a', 'b', 'c', 'd') }} {{ '{:,} {:x} {:#x} {:b} {:e} {:%}'.format(1234567, 255, 255, 5, 1234.5, 0.25) }}
{{ '{0.name} {0[age]} {1[0]} {{}}'.format(users[0], list) }} {{ '{!r}'.format('a') }} {{ '{:+d} {: d}'.format(1, 2) }}
{{ 'a b'.encode() }}
{{ 'prefix-name'.removeprefix('prefix-') }} {{ 'a.txt'.removesuffix('.txt') }} {{ 'a\tb'.expandtabs(4) }} {{ 'ß'.casefold() }}
{{ 'abc'.translate({97: 'x', 98: none}) }} {{ 'a'.__class__ }}
{{ s.nothere }}
{{ s.nothere() }}
{{ s.upper }}
{{ 'x'.join([1]) }}
{{ s.index('z') }}
{{ s.split('') }}
{{ accent.upper() }} {{ 'ÉTÉ'.lower() }} {{ 'straße'.upper() }} {{ 'ǆ'.title() }}
{{ s.format_map(object) }}
{{ 'a%sb' % s }} {{ s.__len__() }}
""",
    "methods of lists and objects": r"""
{{ object.get('b') }} {{ object.get('z') }} {{ object.get('z', 'd') }} {{ object.get('a', {}).get('c') }}
{{ object.keys() }} {{ object.values() }} {{ noobject.items() }} {{ object.keys() | list }}
{{ object.items() | list }} {{ noobject.get('x') is none }}
{% set l = [3, 1] %}{{ l.append(2) }}{{ l.sort() }}{{ l }}{{ l.reverse() }}{{ l }}{{ l.pop() }}{{ l }}{{ l.pop(0) }}{{ l }}
{% set l = [1, 2, 2] %}{{ l.index(2) }}{{ l.count(2) }}{{ l.insert(0, 9) }}{{ l.remove(2) }}{{ l.extend([7, 8]) }}{{ l }}{{ l.copy() }}{{ l.clear() }}{{ l }}
{% set d = {'a': 1} %}{{ d.update({'b': 2}) }}{{ d.update(c=3) }}{{ d.setdefault('d', 4) }}{{ d.setdefault('a', 9) }}{{ d }}{{ d.pop('a') }}{{ d.pop('zz', 'none') }}{{ d.copy() }}{{ d.popitem() }}{{ d }}{{ d.clear() }}{{ d }}
{{ dict(a=1, b=2) }} {{ dict([('x', 1)]) }} {{ dict({'q': 1}, r=2) }} {{ dict() }}
{{ {'a': 1}.fromkeys(['x', 'y']) }} {{ (1, 2, 1).count(1) }} {{ (1, 2).index(2) }}
{{ list.index(9) }}
{{ object.pop('zz') }}
{{ list.sort }}
{% set l = [1] %}{% set _ = l.append(l | length) %}{{ l }}{% set m = l %}{% set _ = m.append(5) %}{{ l }}
{% set l = [3, 1, 2] %}{% set _ = l.sort(reverse=true) %}{{ l }}
{{ object | length }} {{ object.a | length }} {{ 'b' in object.keys() }} {{ 1 in object.values() }}
{{ (5).bit_length() }} {{ f.is_integer() }} {{ whole.is_integer() }} {{ n.real }} {{ (255).to_bytes }}
{{ f.__class__ }} {{ list.__class__ }}
{{ object.a.c.d }}
{{ object['z'] }}
{{ list[7] }}
{{ nothing.x }}
{{ n.x }}
{{ list.x }}
{{ object[list] }}
""",
    "as packs write them": r"""
{{ users | selectattr('admin') | map(attribute='name') | map('upper') | sort | join(',') }}
{% for u in users %}{{ u.name | capitalize }}{{ ", " if not loop.last else "" }}{% endfor %}
{% for k, v in object.items() | sort %}{{ k }}={{ v }};{% endfor %}
{% set hosts = csv.split(',') | reject('equalto', '') | list %}{{ hosts }} {{ hosts | length }}
{{ log.splitlines() | map('regex_search', 'up') | list }} {{ log.splitlines() | select('search', 'x') | list }}
{% set found = [] %}{% for l in log.splitlines() %}{% if l is string and 'up' in l and found.append(l.split(':')[0]) %}{% endif %}{% endfor %}{{ found }}
{{ (log.split('\n') | first).split() }} {{ log.strip().split('\n')[-1] }} {{ log.splitlines()[0].split(': ')[1] }}
{{ '%s/%s' | format(path | dirname, 'x') }} {{ [path | dirname, 'y'] | join('/') }} {{ path.split('/')[-1].rsplit('.', 2)[0] }}
{{ object | to_json_string | replace('"', "'") }} {{ {'a': n, 'b': [s]} | to_json_string }}
{{ dict(object, c=3) }} {{ dict(users | map(attribute='name') | zip([1])) }}
{{ users | map(attribute='age') | sum / users | length }} {{ (users | map(attribute='age') | sum / users | length) | round(1) }}
{{ users | sum(attribute='age') // 3 }} {{ "%.1f" | format(97 / 3) }} {{ (97 / 3) | round(2) }} {{ 97 / 3 }}
{{ n if n is defined else 'none' }} {{ nothing if nothing else 'empty' }} {{ nothing or '' }}| {{ (nothing or {}).get('x', 'y') }}
{{ weather.main.temp - 273.15 }} {{ (weather.main.temp - 273.15) | round(1) }} {{ weather.main.temp | int }} {{ weather.wind | map(attribute='speed') | max }}
{{ s.upper() ~ '_' ~ n|string }} {{ s ~ n + 1 }}
{% if 'ada' in users | map(attribute='name') %}yes{% endif %} {% if 'zz' not in users | map(attribute='name') | list %}no{% endif %}
{% if users | selectattr('name', 'equalto', 'bob') | list %}found{% endif %} {{ (users | selectattr('name', 'equalto', 'bob') | first).age }}
{{ users | rejectattr('age', 'lt', 30) | map(attribute='name') | list }} {{ users | selectattr('tags', 'defined') | list | length }} {{ users | selectattr('zz', 'undefined') | list | count }}
{% for g, us in users | groupby('age') if us | length > 1 %}{{ g }}{{ us | length }}{% endfor %}
{{ users | sort(attribute='name') | map(attribute='name') | list }} {{ users | sort(attribute='name', case_sensitive=true) | map(attribute='name') | list }} {{ users | sort(attribute='age', reverse=true) | map(attribute='name') | list }}
{{ '{"cmd": "%s", "n": %d}' % (s, n) }} {{ '{{ not }}' }} {{ '{% raw %}' }}
{{ now is defined }} {{ now() }}
{{ 'yes' if version | version_match('>=1.2.0') else 'no' }} {{ version.split('.') | map('int') | list }} {{ version.split('.')[:2] | join('.') }}
{{ csv.split(',') | map('trim') | select | join(' ') }} {{ csv.split(',') | unique | list }} {{ csv.split(',') | map('length') | sum }}
{{ words | map('lower') | map('replace', 'a', '4') | sort(reverse=true) | list }} {{ words | join(' ') | title | wordcount }}
{{ list | sort | reverse | list }} {{ list | sort | list | first }} {{ list[1:] + list[:1] }} {{ (list + [n])[-1] }}
{{ range(1, 4) | map('string') | join(', ') }} {{ range(3) | list + [9] }} {{ [0] * n }} {{ 'ab' * 2 ~ 'c' }}
{{ lines.split('\n') | length }} {{ lines | trim | length }} {{ lines.count('\n') }} {{ lines | replace('\n', ' ') | trim }} {{ lines | indent(2) }}
{{ json | from_json_string | jsonpath_query('b[*]') }} {{ (json | from_json_string).b | length }} {{ (json | from_json_string)['a']['c'] | string | lower }}
{{ nested | sum(start=[]) }} {{ nested | map('first') | list }} {{ nested | map('last') | list }} {{ nested[1][1][0] }}
{{ object.a.c | join('') | int + 1 }} {{ object['a']['c'][0] }} {{ object.a['c'] | last }} {{ object.get('zz', {}).get('y') is none }}
{{ true | string | lower }} {{ yes | lower }} {{ yes | int }} {{ 'true' == yes | string | lower }} {{ yes | to_json_string }} {{ (yes | string)[0] }}
{{ big | string | length }} {{ huge % 7 }} {{ n | float }} {{ '7' | int + n }} {{ '7.5' | float * 2 }} {{ 7 | string + '5' }} {{ 1e3 | int }} {{ 12345.678 | round(1) | string }}
{{ 1234567.891 | round(2) }} {{ '{:,}'.format(1234567.891) }} {{ '{:,.2f}'.format(1234567.891) }} {{ '{:>8}'.format(n) }} {{ '{:08.3f}'.format(3.14159) }} {{ '{:<4}|'.format('a') }} {{ '{0:.3s}'.format('abcdef') }} {{ '{:g} {:G} {:n}'.format(1e10, 1e-10, 5) }}
{{ '%5.1f%%' % 12.345 }} {{ '%-8s|' % s }} {{ '%08d' % 42 }} {{ '%+.2e' % 12345.678 }} {{ '%s and %s' % (s, n) }} {{ '%s' % nothing }} {{ '%c%c' % (65, 'B') }} {{ '%.3s' % 'abcdef' }} {{ '%i' % 3.99 }} {{ '%#x %#o' % (255, 8) }}
{{ s.center(9, '-') }} {{ 'a,b;c'.replace(';', ',').split(',') }} {{ 'k1=v1 k2=v2'.split() | map('split', '=') | list }}
{{ 'k1=v1 k2=v2'.split() }} {% set d = {} %}{% for p in 'k1=v1 k2=v2'.split() %}{% set k, v = p.split('=') %}{% set _ = d.update({k: v}) %}{% endfor %}{{ d }}
{% set ns = namespace(total=0) %}{% for u in users if u.age > 30 %}{% set ns.total = ns.total + u.age %}{% endfor %}{{ ns.total }} {{ ns }}
{% macro tag(name, cls='x') -%}<{{ name }} class="{{ cls }}">{{ caller() if caller else '' }}</{{ name }}>{%- endmacro %}{{ tag('b') }}{% call tag('i', cls='y') %}t{% endcall %}
{% for row in list | batch(2, 0) %}{{ row | join(':') }} {% endfor %}{% for c in 'abcdef' | slice(2) %}{{ c }}{% endfor %}
{% for i in range(10) if i is even %}{{ i }}{% else %}x{% endfor %} {% for i in range(3) %}{% for j in range(i) %}{{ loop.depth }}{{ i }}{{ j }} {% endfor %}{% endfor %}
{% set a %}{% for i in range(3) %}{{ i }}{% endfor %}{% endset %}{{ a | length }} {{ a }} {% set b = a | list | reverse | join %}{{ b }}
{{ [1, 2, 3] | map('pow', 2) | list }}
{{ {'b': {'y': 1, 'x': 2}, 'a': [3, {'z': none}]} | to_yaml_string }}
{{ {'text': lines, 'q': quoted, 'b': back, 'u': accent, 'h': html, 'e': emoji, 'n': '12', 't': 'true', 'd': '2024-01-01', 'c': 'a: b', 's': ' lead', 'x': 'x ' * 50} | to_yaml_string }}
{{ ['a' * 100, 'b c ' * 40, "it's " * 30, 'é' * 90] | to_yaml_string }} {{ {'k' * 130: 1, 'a\nb': 2} | to_yaml_string }}
{{ [[], {}, '', none, [[]], [{}], {'a': [[1]]}, [[1, 2], [3]]] | to_yaml_string }} {{ [[{'a': 1, 'b': [2]}]] | to_yaml_string(indent=4) }}
{{ 'a: &x [1, 2]\nb: *x\nc: {<<: {d: 1}, e: 2}\nf: |\n  text\n  more\ng: >\n  folded\n  text\nh: 0x1F\ni: 1_000\nj: 1:30\nk: .5\nl: 1e+3\nm: 1.5e+3\nn: .inf\no: "\\u00e9"\np: ~\nq: on' | from_yaml_string }}
{{ '- !!str 5\n- !!int "7"\n- "x"\n- 2024-01-01\n- 0o17\n- 017\n- 0b11\n- +5\n- 12e03\n- "a\\tb"' | from_yaml_string }}
{{ [1.0, 1e100, 1e-5, 0.0001, 123456789.123456789, 1e15, 1e16, 5e-324, 1.7976931348623157e308, 100.0, 0.1 + 0.2] }}
{{ 0.1 * 3 }} {{ 1 / 3 * 3 }} {{ 2 ** 63 }} {{ -2 ** 63 - 1 }} {{ 10 ** 20 / 3 }} {{ 10 ** 20 // 3 }} {{ 7 // -2 }} {{ -7 // -2 }} {{ 7.5 // -2 }} {{ -7.5 % 2 }} {{ 1e400 }} {{ 5 % 3.5 }}
""",
    "undefined": r"""
{{ missing }}
{{ missing | upper }}
{{ missing.a.b }}
{{ missing is defined }} {{ missing is undefined }} {{ n is defined }} {{ nothing is defined }}
{{ missing | default('d') }} {{ missing | default }}| {{ object.zz | default('d') }} {{ empty | default('d') }} {{ empty | default('d', true) }} {{ nothing | default('d') }} {{ nothing | default('d', boolean=true) }} {{ zero | d(9, true) }}
{% if missing %}x{% endif %}
{% for x in missing %}x{% endfor %}
{{ missing ~ 'x' }}
{{ missing + 1 }}
{{ missing == 1 }}
{{ missing or 1 }}
{{ not missing }}
{{ [missing] }}
{{ missing() }}
{{ object.zz.yy | default('d') }}
{{ object.zz is defined and object.zz.yy }}
{{ [1, missing | default(2)] }} {{ 'x' if missing is defined else 'y' }}
{{ missing | length }}
{{ missing in list }}
{{ users | map(attribute='zz') | list }}
{{ users | map(attribute='zz', default='-') | list }}
{{ nolist | first }}
{{ nolist | first | default('d') }} {{ nolist | last | default('d') }}
{{ s | nofilter }}
{{ s is notest }}
{{ list | nofilter if no else 1 }}
""",
    "filters": r"""
{{ neg | abs }} {{ -1.5 | abs }} {{ '5' | int | abs }}
{{ users | map(attribute='name') | join(', ') }} {{ users | map(attribute='tags.0', default='-') | list }} {{ users | map('length') | list }}
{{ words | map('upper') | list }} {{ words | map('replace', 'p', 'P') | join }} {{ list | map('string') | join('+') }}
{{ list | map('upper') }}
{{ list | batch(2) | list }} {{ list | batch(2, '-') | list }} {{ range(7) | slice(3) | list }} {{ range(7) | slice(3, 'x') | map('list') | list }}
{{ 'hello wORLD' | capitalize }} {{ 'hello wORLD foo-bar' | title }} {{ "it's o'neil" | title }} {{ s | upper }} {{ 'ABC' | lower }}
{{ s | center(7) }}|{{ s | center(8) }}|{{ s | center }}|{{ 'abcd' | center(7) }}|
{{ object | dictsort }} {{ {'b': 1, 'A': 2} | dictsort }} {{ {'b': 1, 'A': 2} | dictsort(true) }} {{ {'a': 2, 'b': 1} | dictsort(by='value') }} {{ {'a': 2, 'b': 1} | dictsort(false, 'value', true) }}
{{ html | e }} {{ html | escape }} {{ '"' | e }} {{ n | e }} {{ html | forceescape }} {{ html | safe }} {{ '<b>' | e | e }}
{{ 13 | filesizeformat }} {{ 1 | filesizeformat }} {{ 1000 | filesizeformat }} {{ 1234567 | filesizeformat }} {{ 1234567 | filesizeformat(true) }} {{ 1e15 | filesizeformat }} {{ '500' | filesizeformat }}
{{ list | first }} {{ list | last }} {{ s | first }} {{ s | last }} {{ object | first }}
{{ '3.7' | float }} {{ 'x' | float }} {{ 'x' | float(1.5) }} {{ 3 | float }} {{ nothing | float }} {{ '1e3' | float }}
{{ '42' | int }} {{ '4.9' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 4.9 | int }} {{ '0x1A' | int(0, 16) }} {{ 'ff' | int(base=16) }} {{ true | int }} {{ nothing | int }} {{ ' 12 ' | int }} {{ '-3' | int }} {{ '1_000' | int }} {{ 'z' | int(default=-1) }}
{{ '%s-%s' | format(1, 'b') }} {{ '%.2f' | format(3.14159) }} {{ '%(a)s' | format(a=1) }} {{ '%03d|%5.1f' | format(7, 2.25) }}
{{ users | groupby('age') }}
{% for age, us in users | groupby('age') %}{{ age }}:{{ us | map(attribute='name') | join('+') }};{% endfor %}
{% for g in users | groupby('admin') %}{{ g.grouper }}={{ g.list | length }} {% endfor %}{% for k, v in users | groupby('zz', default='-') %}{{ k }}{% endfor %}
{{ 'a\nb\n\nc' | indent }} {{ 'a\nb' | indent(2, true) }} {{ 'a\n\nb' | indent(2, blank=true) }} {{ 'a\nb' | indent('> ') }} {{ 'a\nb' | indent(width=1, first=true) }}
{{ object | items | list }} {{ missing | items | list }}
{{ list | join }} {{ list | join(', ') }} {{ users | join(',', attribute='name') }} {{ mixed | join('|') }} {{ s | join('-') }} {{ object | join('-') }}
{{ list | length }} {{ s | length }} {{ object | count }} {{ accent | length }}
{{ s | list }} {{ object | list }} {{ range(3) | list }} {{ 'é😀' | list }}
{{ list | max }} {{ list | min }} {{ words | max }} {{ words | min(case_sensitive=true) }} {{ users | max(attribute='age') }} {{ nolist | max }}
{{ users | min(attribute='name') }} {{ floats | max }} {{ [1, 1.0] | max }} {{ 'hello' | max }}
{{ object | pprint }} {{ users | pprint }}
{{ s | pprint }} {{ list | pprint }}
{{ [7] | random }} {{ nolist | random is defined }}
{{ users | rejectattr('admin') | map(attribute='name') | list }} {{ users | selectattr('age', '>', 30) | map(attribute='name') | list }} {{ users | selectattr('age', 'equalto', 25) | list | length }}
{{ list | reject('odd') | list }} {{ list | select('gt', 1) | list }} {{ mixed | select('string') | list }} {{ mixed | select | list }} {{ mixed | reject('none') | list }}
{{ users | selectattr('name', 'in', ['ada', 'bob']) | map(attribute='age') | sum }} {{ users | selectattr('tags') | list | length }} {{ users | rejectattr('name', 'match', 'a') | list }}
{{ users | selectattr('name', 'ne', 'ada') | map(attribute='name') | join }} {{ list | select('in', [1, 2]) | list }} {{ list | select('divisibleby', 3) | list }}
{{ s | replace('b', 'X') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 123 | replace('2', 'x') }} {{ 'a' | replace(old='a', new='z') }}
{{ list | reverse | list }} {{ s | reverse }} {{ range(3) | reverse | list }}
{{ 42.55 | round }} {{ 42.55 | round(1) }} {{ 42.55 | round(1, 'floor') }} {{ 42.1 | round(0, 'ceil') }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 5 | round }} {{ 1234 | round(-2) }} {{ 2.675 | round(2) }} {{ 0.5 | round | int }} {{ -2.5 | round }}
{{ list | sort }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ list | sort(true) }} {{ list | sort(reverse=true) }} {{ users | sort(attribute='age,name') | map(attribute='name') | list }} {{ s | sort }} {{ mixed | sort }}
{{ users | sort(attribute='age') | map(attribute='name') | list }} {{ users | sort(attribute='tags.0') }}
{{ n | string }} {{ [1.0] | string }} {{ nothing | string }} {{ n | string | length }}
{{ '<p>a <b>b</b>  c</p> <!-- x --> &amp; d' | striptags }}
{{ list | sum }} {{ users | sum(attribute='age') }} {{ floats | sum }} {{ list | sum(start=10) }} {{ nolist | sum }} {{ [[1], [2]] | sum(start=[]) }}
{{ spaced | trim }}| {{ 'xxaxx' | trim('x') }} {{ n | trim }}
{{ 'foo bar baz qux' | truncate(9) }} {{ 'foo bar baz qux' | truncate(9, true) }} {{ 'foo bar baz qux' | truncate(11) }} {{ 'foo bar baz qux' | truncate(9, false, '!', 0) }} {{ 'foobarbazqux' | truncate(5, leeway=0) }} {{ 'a' * 300 | int }}
{{ [1, 2, 1, 'A', 'a'] | unique | list }} {{ ['A', 'a'] | unique(true) | list }} {{ users | unique(attribute='age') | map(attribute='name') | list }}
{{ 'a b/c?d=é&f' | urlencode }} {{ {'a': 1, 'b c': 'd/e'} | urlencode }} {{ [('x', 'y z')] | urlencode }} {{ n | urlencode }} {{ "~-._!*'()" | urlencode }}
{{ 'see http://example.com/x?y=1 now' | urlize }}
{{ 'foo bar, baz-qux' | wordcount }} {{ 'a_b c1' | wordcount }}
{{ 'a long line of words' | wordwrap(10) }} {{ 'abcdefghijklmnop' | wordwrap(5) }} {{ 'abcdefghijklmnop qr' | wordwrap(5, false) }} {{ 'a b\nc d e' | wordwrap(3, wrapstring='|') }}
{{ {'class': 'x', 'id': none, 'n': 1} | xmlattr }} {{ {'a': '<'} | xmlattr(false) }}
{{ object | tojson }} {{ html | tojson }} {{ accent | tojson }} {{ floats | tojson }} {{ mixed | tojson }} {{ object | tojson(indent=2) }} {{ nothing | tojson }} {{ {'z': 1, 'b': 2} | tojson }}
{{ s | attr('upper') }} {{ object | attr('zz') | default('none') }} {{ (s | attr('upper'))() }}
{{ words | map('first') | map('upper') | join }} {{ users | map(attribute='tags') | map('join', '/') | list }} {{ users | map(attribute='age') | unique | sort | list }}
{{ list | map('multiply', 2) | list }}
{{ users | map(attribute='name') | map('regex_replace', '^(.)', '<\\1>') | list }}
{{ [[1, 2], [3]] | sum(start=[]) }} {{ ['b', 'a'] | sort | first }} {{ list | sort | last }}
{{ s | upper() | lower() | replace('a', 'b') | length }}
{{ n | default(1) | string ~ 'x' }} {{ (n ~ '') | int + 1 }}
{{ list | list == list }} {{ 'abc' | list | join(',') | replace(',', '') == s }}
{{ {'a': [1, {'b': none}]} | string }} {{ [1, 2] | string | length }}
{{ s | capitalize | center(9) | trim ~ '|' }} {{ 'x' | indent(4, True) }}
""",
    "tests": r"""
{{ n is boolean }} {{ yes is boolean }} {{ s is callable }} {{ range is callable }} {{ n is defined }}
{{ 6 is divisibleby 3 }} {{ 7 is divisibleby(3) }} {{ 'a' is eq 'a' }} {{ 1 is equalto 1 }} {{ 1 is == 1 }} {{ n is even }} {{ n is odd }}
{{ html is escaped }} {{ html | e is escaped }} {{ no is false }} {{ yes is true }} {{ 1 is true }} {{ f is float }} {{ n is float }} {{ n is integer }} {{ yes is integer }}
{{ 3 is ge 2 }} {{ 3 is gt 2 }} {{ 3 is le 2 }} {{ 3 is lt 2 }} {{ 3 is ne 2 }} {{ 3 is greaterthan 2 }} {{ 3 is lessthan 2 }}
{{ 1 is in [1] }} {{ 'a' is in 'abc' }} {{ s is iterable }} {{ n is iterable }} {{ object is iterable }} {{ s is lower }} {{ s is upper }} {{ 'A' is upper }}
{{ object is mapping }} {{ list is mapping }} {{ nothing is none }} {{ n is number }} {{ yes is number }} {{ '1' is number }} {{ n is sameas n }} {{ 1 is sameas true }}
{{ list is sequence }} {{ s is sequence }} {{ object is sequence }} {{ n is sequence }} {{ s is string }} {{ n is string }} {{ missing is undefined }}
{{ 'upper' is filter }} {{ 'nofilter' is filter }} {{ 'odd' is test }} {{ n is not string }} {{ not n is string }}
{{ 2 in [1, 2] and 'x' is string }} {{ n is defined and n is number }} {{ [] is sequence }} {{ {} is mapping }} {{ (1, 2) is sequence }}
{{ whole is integer }} {{ 4.0 is even }} {{ huge is number }} {{ s is defined is true }}
""",
    "whitespace": [
        "{{ s }}\n", "{{ s }}\n\n", "a\n{% if yes %}\nb\n{% endif %}\nc\n", "  {% if yes %}\n    x\n  {% endif %}\ny",
        "a {%- if yes %} b {%- endif %} c", "a {% if yes -%} b {% endif -%} c", "a {{- s -}} b", "a\n\n{{- s -}}\n\nb",
        "a {# c #} b", "a\n{# c #}\nb", "  {# c #}\nb", "a {#- c -#} b", "a {%+ if yes %}x{% endif %}", "  {%+ if yes %}x{% endif %}",
        "{% if yes +%}\nx{% endif %}", "{% for x in list %}\n  - {{ x }}\n{% endfor %}\nend", "{%- for x in list -%}\n {{ x }}\n{%- endfor -%}",
        "\t{% if yes %}a{% endif %}\t", "x\r\n{% if yes %}\r\ny\r\n{% endif %}\r\n", "{% raw %}\n {{ x }}\n{% endraw %}\nz", "{%- raw -%}  x  {%- endraw -%}  y",
        "{{ '{{' }} {{ '}}' }} {{ \"%}\" }}", "{{ {'a': {'b': 1}} }}", "{{{'a': 1}}}", "{{ {'a': {'b': 1}}}}", "a{{''}}b", "{{s}}{{n}}", "{{\ns\n}}",
        "x {% set a = 1 %} y\n{% set b = 2 %}\nz", "{{ s }} # comment\n## x\n", "{{ s }} %} }} #}", "  {{ s }}\n  {% set q = 1 %}\n  {{ q }}\n",
    ],
    "StackStorm's filters": r"""
{{ json | from_json_string }} {{ (json | from_json_string).a.c }} {{ '[1.0, 1e3, 12345678901234567890]' | from_json_string }}
{{ '"x"' | from_json_string }} {{ '5' | from_json_string + 1 }} {{ 'null' | from_json_string }}
{{ '{' | from_json_string }}
{{ '' | from_json_string }}
{{ yaml | from_yaml_string }} {{ 'a: 0644\nb: 1e3\nc: 1.5\nd: "1"\ne: no\nf: null\ng: y' | from_yaml_string }} {{ '- 1\n- x' | from_yaml_string }}
{{ '{a: [' | from_yaml_string }}
{{ '1: a\n2.5: b\nnull: c\ntrue: d' | from_yaml_string }}
{{ object | to_json_string }} {{ users | to_json_string }} {{ floats | to_json_string }} {{ accent | to_json_string }} {{ nothing | to_json_string }} {{ huge | to_json_string }}
{{ object | to_json_string(indent=2) }} {{ object | to_json_string(sort_keys=true) }} {{ object | to_json_string(2, true) }} {{ [] | to_json_string(indent=2) }} {{ {} | to_json_string(indent=4) }}
{{ object | to_json_string(separators=[', ', ': ']) }} {{ (1, 2) | to_json_string }} {{ {1: 2, none: 3, true: 4, 1.5: 6} | to_json_string }} {{ [tiny, large, third] | to_json_string }}
{{ object | to_yaml_string }}
{{ mixed | to_yaml_string }}
{{ users | to_yaml_string }}
{{ object | to_yaml_string(indent=4) }} {{ accent | to_yaml_string }} {{ accent | to_yaml_string(allow_unicode=false) }}
{{ {'a': 'yes', 'b': '1', 'c': 'x: y', 'd': '', 'e': 'a\nb', 'f': ' x', 'g': '# x', 'h': "it's", 'i': '"q"', 'j': 'null', 'k': '1.5', 'l': 'a\n', 'm': '- x', 'n': '@x', 'o': 'é'} | to_yaml_string }}
{{ {none: 1, true: 2, 5: 3, 1.5: 4, 'a': 5} | to_yaml_string }}
{{ {none: 1} | to_yaml_string }} {{ {'z': 1, 'a': 2, 'B': 3} | to_yaml_string }}
{{ [] | to_yaml_string }} {{ {} | to_yaml_string }} {{ {'a': [], 'b': {}} | to_yaml_string }} {{ 'x' | to_yaml_string }} {{ 5 | to_yaml_string }} {{ 2.0 | to_yaml_string }} {{ true | to_yaml_string }} {{ none | to_yaml_string }}
{{ [[1, [2]], {'a': [{'b': 1}]}] | to_yaml_string }} {{ ['word ' * 30] | to_yaml_string }} {{ [tiny, large, 1e300, third] | to_yaml_string }}
{{ [1, 'a', none, true, 2.0] | to_complex }} {{ 'x' | to_complex }} {{ object | to_complex }} {{ accent | to_complex }}
{{ quoted | json_escape }} {{ back | json_escape }} {{ accent | json_escape }} {{ n | json_escape }} {{ list | json_escape }} {{ '"a"' | json_escape }}
{{ weather | jsonpath_query('wind[*].speed') }} {{ weather | jsonpath_query('$.city') }} {{ weather | jsonpath_query('$..speed') }} {{ weather | jsonpath_query('zz') }} {{ users | jsonpath_query('[0].name') }} {{ users | jsonpath_query('$[*].tags[0]') }}
{{ weather | jsonpath_query('wind[0:1].speed') }} {{ weather | jsonpath_query('main.*') }} {{ weather | jsonpath_query("$['city']") }} {{ weather | jsonpath_query('main|city') }} {{ weather | jsonpath_query('*') }}
{{ users | jsonpath_query('[-1].name') }} {{ users | jsonpath_query('[*].name') | first }} {{ weather | jsonpath_query('wind.[0].speed') }} {{ weather | jsonpath_query('main.temp,city') }}
{{ weather | jsonpath_query('$[') }}
{{ s | regex_match('a') }} {{ s | regex_match('b') }} {{ s | regex_match('A') }} {{ s | regex_match('A', ignorecase=true) }} {{ s | regex_match('A', true) }} {{ n | regex_match('[0-9]+$') }} {{ nothing | regex_match('None') }}
{{ s | regex_search('c$') }} {{ s | regex_search('z') }} {{ log | regex_search('^eth1') }} {{ log | regex_search('(?m)^eth1') }} {{ 'a.b' | regex_search('a\.b') }} {{ log | regex_search("\d+\.\d+") }} {{ s | regex_search('\w{3}') }}
{{ s | regex_replace('b', 'X') }} {{ s | regex_replace('(a)(b)', '\\2\\1') }} {{ s | regex_replace('(?P<x>b)', '<\\g<x>>') }} {{ s | regex_replace('(?P<x>b)', '[\g<x>]') }} {{ 'aAbB' | regex_replace('a', '-', ignorecase=true) }} {{ s | regex_replace('', '-') }} {{ s | regex_replace('b', '\\\\') }} {{ s | regex_replace('b', '\n') }} {{ s | regex_replace('x*', '-') }}
{{ log | regex_substring('[0-9.]{7,}') }} {{ log | regex_substring('[0-9.]{7,}', 1) }} {{ log | regex_substring('eth\d', -1) }} {{ log | regex_substring('(\w+): (\S+)') }} {{ log | regex_substring('ETH(\d)', 1, true) }} {{ 'ab' | regex_substring('(x)?b') }}
{{ s | regex_substring('z') }}
{{ s | regex_search('(') }}
{{ s | regex_search('(?<=a)b') }} {{ 'aa' | regex_match('(a)\\1') }}
{{ s | regex_replace('b', '\\9') }}
{{ 0 | to_human_time_from_seconds }} {{ 59 | to_human_time_from_seconds }} {{ 60 | to_human_time_from_seconds }} {{ 3600 | to_human_time_from_seconds }} {{ 90061 | to_human_time_from_seconds }} {{ 31536000 | to_human_time_from_seconds }} {{ 34822861 | to_human_time_from_seconds }} {{ 0.5 | to_human_time_from_seconds }} {{ 12.6 | to_human_time_from_seconds }} {{ -5 | to_human_time_from_seconds }} {{ 1e-07 | to_human_time_from_seconds }}
{{ 2678400 | to_human_time_from_seconds }} {{ 86400 | to_human_time_from_seconds }} {{ true | to_human_time_from_seconds }} {{ 1.5 | to_human_time_from_seconds }} {{ 2.5 | to_human_time_from_seconds }}
{{ '5' | to_human_time_from_seconds }}
{{ version | version_compare('1.9.0') }} {{ version | version_compare('1.10.2') }} {{ version | version_compare('2.0.0') }} {{ '1.0.0-rc.1' | version_compare('1.0.0') }} {{ '1.0.0+b1' | version_compare('1.0.0') }}
{{ version | version_more_than('1.9.0') }} {{ version | version_less_than('1.9.0') }} {{ version | version_equal('1.10.2') }} {{ version | version_match('>=1.0.0') }} {{ version | version_match('<1.0.0') }} {{ version | version_match('==1.10.2') }} {{ version | version_match('!=1.10.2') }}
{{ version | version_bump_major }} {{ version | version_bump_minor }} {{ version | version_bump_patch }} {{ version | version_strip_patch }} {{ '1.2.3-rc.1' | version_bump_patch }} {{ '1.2.3-rc.1+b' | version_bump_minor }}
{{ '1.2' | version_compare('1.2.0') }}
{{ 'v1.2.3' | version_bump_major }}
{{ version | version_match('^1.0.0') }}
{{ version | version_match('>=1.0') }}
{{ '01.2.3' | version_strip_patch }}
{{ nothing | use_none }} {{ s | use_none }} {{ zero | use_none }} {{ empty | use_none }}|
{{ path | basename }} {{ path | dirname }} {{ '/a/b/' | basename }}|{{ '/a/b/' | dirname }} {{ 'a' | dirname }}|{{ '/' | basename }}|{{ '/' | dirname }} {{ '//a' | dirname }} {{ '/a//b' | dirname }} {{ '' | basename }}|
{{ path | basename | regex_replace('\.tar\.gz$', '') }} {{ path | basename | regex_substring('\d+\.\d+\.\d+') | version_bump_minor }}
{{ n | basename }}
{{ (json | from_json_string).b | to_json_string }} {{ yaml | from_yaml_string | to_json_string }} {{ json | from_json_string | to_yaml_string }}
{{ weather | to_json_string | from_json_string == weather }} {{ (object | to_yaml_string | from_yaml_string).a.c }}
""",
    "errors": r"""
{{ 1 / 0 }}
{{ 1 % 0 }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ [1] + (2,) }}
{{ none + 1 }}
{{ 1 < 'a' }}
{{ none > 1 }}
{{ 'a' in 5 }}
{{ 5() }}
{{ n | length }}
{{ range(200000) | length }}
{{ '%d' % 'x' }}
{{ '%s %s' % 'x' }}
{{ list | join(1, 2, 3, 4) }}
{{ s.upper(1) }}
{{ {'a': 1}[[1]] }}
{{ {[1]: 2} }}
{{ '{}'.format() }}
{{ '{a}'.format(b=1) }}
{{ list | sum('zz') }}
{{ -s }}
{{ 2 ** 'a' }}
{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}
{% for a, b in list %}{{ a }}{% endfor %}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{{ s | replace }}
{{ cycler() }}
{{ lipsum }}
{{ list | sort(attribute='x') }}
{{ nolist | min | default('d') }} {{ nolist | sum }}
{{ 10 | round('x') }}
{{ dict(1) }}
""",
    "syntax": [
        "{{", "{{ s", "{{ s }", "{{ }}", "{{ s | }}", "{{ s. }}", "{{ 'a }}", "{{ a b }}", "{{ (1 }}", "{{ [1, }}", "{{ {1: 2 }}", "{% if %}x{% endif %}",
        "{% if yes %}x", "{% endif %}", "{% nothing %}", "{% for x %}{% endfor %}", "{% for x in list %}", "{% set %}", "{% raw %}x", "{# never ends {{ s }}",
        "{{ s }} ${#names[@]}", "${#names[@]} and {{ s }} and ${x#}", "docker ps --format '{{.Names}}' {{ s }}", "awk '{print $1}' {{ s }}", "{{ s }} {%", "%} {{ s }} }}",
        "{{ 1 if }}", "{{ not }}", "{{ 1 + }}", "{{ s is }}", "{{ s is not }}", "{% macro %}{% endmacro %}", "{{ f(a=1, 2) }}", "{{ a ? b : c }}", "{{ a && b }}", "{{ !a }}",
        "{% for x in list %}{% else %}{% elif %}{% endfor %}", "{% if yes %}{% endfor %}", "{{ none = 1 }}", "{% set none = 1 %}", "{% set 5 = 1 %}", "{{ 1.2.3 }}", "{{ '\\x4' }}", "{{ '\\u12' }}",
        "{% block a %}1{% endblock %}{% block a %}2{% endblock %}", "{{ s[1:2:3:4] }}", "{{ list[1, 2] }}", "{{ lambda }}", "{{ s|upper|lower }}{{s|  upper}}", "{%if yes%}x{%endif%}",
        "{% if yes %}x{% else %}y{% else %}z{% endif %}", "{{ [x for x in list] }}", "{{ {**object} }}", "{{ dict(**object) }} {{ '{}{}'.format(*list) }}", "{{ 1,2 }} {{ (1,2)|length }}", "{{ s }}{% endraw %}",
        "{% call %}{% endcall %}", "{% filter %}{% endfilter %}", "{% with a %}{% endwith %}", "{{ @ }}", "{{ $s }}", "{{ s; }}", "{{ `s` }}", "{{ a.b.'c' }}", "{{ s .upper () }}", "{{ s | replace ( 'a' , 'b' ) }}",
    ],
}
