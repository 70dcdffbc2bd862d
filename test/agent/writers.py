# Writes texts as other programs do. Reads a list of texts from stdin; writes a list of [program, text] for each to stdout.
# Programs other than Python are copied from their documentation, with Python's own tables.
import base64, csv, html, io, json, re, shlex, sqlite3, sys, unicodedata
import xml.etree.ElementTree as ElementTree
from urllib.parse import quote, quote_plus, urlencode
from xml.sax.saxutils import escape, quoteattr

SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
database = sqlite3.connect(":memory:")


def units(text):
    data = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def json_with(text, escaped, own, capital=False):
    """JSON in which the units that `escaped` says are written as numbers."""
    parts = []
    for character in text:
        code = ord(character)
        if character in own:
            parts.append(own[character])
        elif code < 0x20 or escaped(code):
            digits = ["%04x" % unit for unit in units(character)]
            parts += ["\\u" + (one.upper() if capital else one) for one in digits]
        else:
            parts.append(character)
    return "".join(parts)


LINES = {0x2028, 0x2029}
HTML = {ord(mark) for mark in "<>&"}


def go_json(text):
    return json_with(text, lambda code: code in LINES or code in HTML, SHORT)


def older_go_json(text):
    own = {mark: short for mark, short in SHORT.items() if mark not in "\b\f"}
    return json_with(text, lambda code: code in LINES or code in HTML, own)


def php_json(text):
    return json_with(text, lambda code: code > 0x7F, {**SHORT, "/": "\\/"})


def php_json_unescaped(text):
    return json_with(text, lambda code: code in LINES, {**SHORT, "/": "\\/"})


def dotnet_json(text):
    own = {mark: short for mark, short in SHORT.items() if mark != '"'}
    return json_with(text, lambda code: code > 0x7E or chr(code) in "\"<>&'+`", own, capital=True)


def go_quote(text, ascii_only=False):
    own = {"\a": "\\a", "\v": "\\v", **SHORT}
    parts = []
    for character in text:
        code = ord(character)
        printed = character == " " or unicodedata.category(character)[0] in "LMNPS"
        if character in own:
            parts.append(own[character])
        elif printed and (code < 0x80 or not ascii_only):
            parts.append(character)
        elif code < 0x20 or code == 0x7F:
            parts.append("\\x%02x" % code)
        else:
            parts.append("\\u%04x" % code if code < 0x10000 else "\\U%08x" % code)
    return "".join(parts)


def csv_row(text):
    row = io.StringIO()
    csv.writer(row, quoting=csv.QUOTE_ALL, lineterminator="").writerow([text])
    return row.getvalue()[1:-1]


def attribute(text):
    element = ElementTree.Element("a", {"b": text})
    return ElementTree.tostring(element, encoding="unicode")[len('<a b="') : -len('" />')]


def element(text):
    node = ElementTree.Element("a")
    node.text = text
    return ElementTree.tostring(node, encoding="unicode")[len("<a>") : -len("</a>")]


def php_entities(text):
    named = {code: name for code, name in html.entities.codepoint2name.items() if code > 0x7F}
    return "".join("&%s;" % named[ord(one)] if ord(one) in named else one for one in html.escape(text).replace("&#x27;", "&#039;"))


def marked(character):
    """What OWASP's encoders write as an entity in attributes."""
    return not (character.isascii() and (character.isalnum() or character in ",.-_"))


def small(address):
    return re.sub("%(25)?..", lambda octets: octets[0].lower(), address)


def pyyaml(text):
    """In double quotes, as PyYAML and libyaml write it (PyYAML's Emitter.write_double_quoted)."""
    own = {
        "\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e",
        '"': '"', "\\": "\\", "\x85": "N", "\xa0": "_", "\u2028": "L", "\u2029": "P",
    }
    parts = []
    for character in text:
        code = ord(character)
        if character in own:
            parts.append("\\" + own[character])
        elif " " <= character <= "~":
            parts.append(character)
        else:
            parts.append("\\x%02X" % code if code < 0x100 else "\\u%04X" % code if code < 0x10000 else "\\U%08X" % code)
    return "".join(parts)


def written(text):
    data = text.encode()
    yield "Python repr", repr(text)[1:-1]
    yield "Python repr in a list", repr([text])[2:-2]
    yield "Python ascii", ascii(text)[1:-1]
    yield "Python repr of bytes", repr(data)[2:-1]
    yield "Python json", json.dumps(text)[1:-1]
    yield "Python json, not ASCII", json.dumps(text, ensure_ascii=False)[1:-1]
    yield "Python json in json", json.dumps(json.dumps([text]))[4:-4]
    yield "Go json", go_json(text)
    yield "Go json before 1.22", older_go_json(text)
    yield "Go json in json", go_json(go_json(text))
    yield "PHP json", php_json(text)
    yield "PHP json in json", php_json(php_json(text))
    yield "PHP json, unescaped", php_json_unescaped(text)
    yield ".NET json", dotnet_json(text)
    yield ".NET json in json", dotnet_json(dotnet_json(text))
    yield "Go %q", go_quote(text)
    yield "Go %+q", go_quote(text, ascii_only=True)
    yield "Python quote", quote(text)
    yield "Python quote, no slash", quote(text, safe="")
    yield "Python quote_plus", quote_plus(text)
    yield "Python urlencode", urlencode({"": text})[1:]
    yield "Python quote twice", quote(quote(text))
    yield "Python quote_plus twice", quote_plus(quote_plus(text))
    yield "quote with small digits", small(quote(text, safe=""))
    yield "quote with small digits, twice", small(quote(quote(text, safe=""), safe=""))
    yield "Python html.escape", html.escape(text)
    yield "Python html.escape, no quotes", html.escape(text, quote=False)
    yield "Python html.escape in ASCII", html.escape(text).encode("ascii", "xmlcharrefreplace").decode()
    yield "Python saxutils", escape(text)
    yield "Python quoteattr", quoteattr(text)[1:-1]
    yield "Python ElementTree", element(text)
    yield "Python ElementTree attribute", attribute(text)
    yield "PHP htmlentities", php_entities(text)
    yield "decimal entities", "".join("&#%d;" % ord(one) if marked(one) else one for one in text)
    yield "hexadecimal entities", "".join("&#x%X;" % ord(one) if marked(one) else one for one in text)
    yield "hexadecimal entities, small", "".join("&#x%x;" % ord(one) if marked(one) else one for one in text)
    yield "PyYAML", pyyaml(text)
    yield "YAML in single quotes", text.replace("'", "''") if "\n" not in text else text
    yield "Python shlex", shlex.quote(text).removeprefix("'").removesuffix("'")
    yield "CSV", csv_row(text)
    if "\0" not in text:
        yield "SQLite quote", database.execute("select quote(?)", [text]).fetchone()[0][1:-1]


def aligned(text):
    """What a text decides alone in base64 and base32, at each place where it may begin."""
    for name, encode, group, bits in (
        ("base64", base64.b64encode, 3, 6),
        ("base64url", base64.urlsafe_b64encode, 3, 6),
        ("base32", base64.b32encode, 5, 5),
    ):
        for before in range(group):
            data = text.encode()
            whole = encode(b"\xa5" * before + data + b"\x5a").decode()
            inner = whole[-(-8 * before // bits) : 8 * (before + len(data)) // bits]
            yield name, inner


texts = json.load(sys.stdin)
json.dump([[*written(text), *aligned(text)] for text in texts], sys.stdout)
