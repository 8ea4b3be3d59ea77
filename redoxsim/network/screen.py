"""What a file must pass before libSBML or Antimony sees it: both can crash on what is refused here."""

from __future__ import annotations

import re
from pathlib import Path
from xml.parsers import expat

from redoxsim.errors import ReadError, Where

COMMENT = re.compile(r'"[^"\n]*"|//[^\n]*|#[^\n]*|/\*.*?\*/', re.DOTALL)  # of Antimony; its strings too
LARGEST = 100_000_000  # bytes; the largest published kinetic models are near 10 MB
DEEPEST_XML = 400  # elements inside each other; libSBML runs out of stack near 100 000
DEEPEST_BRACKETS = 400


def load(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    ReadError : no such file, a folder, no permission, empty, too large, or not text.
    """
    where = Where(file=str(path))
    try:
        if path.is_dir():
            raise ReadError("is a folder, not a model file", where=where)
        if path.stat().st_size > LARGEST:
            raise ReadError(f"is larger than {LARGEST // 1_000_000} MB", where=where)
        data = path.read_bytes()
    except FileNotFoundError:
        raise ReadError("no such file", where=where) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ReadError(f"cannot be opened: {getattr(error, 'strerror', None) or error}", where=where) from None
    return decode(data, file=str(path))


def decode(data: bytes, *, file: str | None = None) -> str:
    """Bytes of a model file as text; UTF-8, or UTF-16 with a byte order mark."""
    where = Where(file=file)
    if not data.strip():
        raise ReadError("is empty", where=where)
    if data[:4] == b"PK\x03\x04":
        raise ReadError("is a zip archive, not a model", where=where, hint="unpack it and give the model file inside")
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        head = data[:200].lower()
        if head.lstrip().startswith(b"<?xml") and (b"iso-8859-1" in head or b"latin" in head or b"windows-125" in head):
            text = data.decode("latin-1")
        else:
            raise ReadError("is not a text file", where=where, hint="models are SBML or Antimony text") from None
    if "\x00" in text:
        raise ReadError("is not a text file", where=where, hint="models are SBML or Antimony text")
    return text


def looks_like_xml(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def screen_xml(text: str, *, file: str | None = None) -> None:
    """Check that text is well-formed XML, without DTD, not too deep, with ``<sbml>`` outermost.

    Raises
    ------
    ReadError : it is not; the message has the line.
    """
    if len(text) > LARGEST:
        raise ReadError(f"is larger than {LARGEST // 1_000_000} MB", where=Where(file=file))
    parser = expat.ParserCreate(encoding="utf-8")
    depth = 0

    def fail(message: str, hint: str | None = None) -> None:
        raise ReadError(message, where=Where(file=file, line=parser.CurrentLineNumber), hint=hint)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth == 0 and name.split(":")[-1] != "sbml":
            kind = "a web page" if name.lower() == "html" else f"XML with <{name}> outermost"
            fail(f"is {kind}, not SBML", "the file may be a download page instead of the model")
        depth += 1
        if depth > DEEPEST_XML:
            fail(f"has elements nested deeper than {DEEPEST_XML} levels")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(name: str, *rest: object) -> None:
        if name.lower() == "html":
            fail("is a web page, not SBML", "the file may be a download page instead of the model")
        fail("has a document type declaration (DTD), which SBML does not allow")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        # The text is already decoded, so the encoding it declares no longer holds.
        parser.Parse(text.lstrip("\ufeff").encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise ReadError(f"is not well-formed XML: {reason}", where=Where(file=file, line=error.lineno)) from None


def without_comments(text: str) -> str:
    """Antimony text with comments and strings blanked, every line where it was."""
    return COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def screen_antimony(text: str, *, file: str | None = None) -> None:
    """Check that Antimony text is of a size and nesting its parser survives.

    Raises
    ------
    ReadError : it is not.
    """
    if not text.strip():
        raise ReadError("is empty", where=Where(file=file))
    if len(text) > LARGEST // 10:
        raise ReadError(f"is larger than {LARGEST // 10_000_000} MB", where=Where(file=file))
    for number, line in enumerate(without_comments(text).splitlines(), start=1):
        depth = 0
        for letter in line:
            if letter == ";":
                depth = 0
            elif letter in "([{":
                depth += 1
                if depth > DEEPEST_BRACKETS:
                    message = f"has brackets nested deeper than {DEEPEST_BRACKETS} levels"
                    raise ReadError(message, where=Where(file=file, line=number))
            elif letter in ")]}":
                depth = max(0, depth - 1)
