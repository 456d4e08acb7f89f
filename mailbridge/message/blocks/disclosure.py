"""The self-disclosure that German portals put behind a visitor's message, cut off.

Income, household and credit data are none of a lead's business. They are cut here,
before any value is made, so that neither evidence nor problems nor logs can hold them.
"""

import re

# A charset that lies makes other letters of ä, ö and ß, so these are not insisted on.
_START = re.compile(
    r"""
    # ImmobilienScout24 opens it with this; what follows is one line, `;` between its items.
    Weitere\s{1,9}(?:Daten|Angaben)\s{1,9}zu[mr]?\s{1,9}Interessent
    # Words that nobody but a portal's form uses with a colon, wherever they stand.
    | (?<!\w)(?:
        Haushaltsgr\S{2,6}e | (?:monatliches[ ])?(?:Haushalts-?|Netto-?){1,2}einkommen
        | Anstellungsverh\S{1,3}ltnis | Besch\S{1,3}ftigungsstatus | SCHUFA-?Bonit\S{1,3}t\w{0,20}
      )[ ]?:
    # Immowelt has a line, or a row, for each; some of these words are visitors' as well.
    | (?:^|(?<=[;>\t]))[ ]{0,9}(?:[-*•·][ ])?(?:
        Geburtsdatum | Besch\S{1,3}ftigungsstatus | Beruf[ ]oder[ ]Branche | Haushaltsgr\S{2,6}e
        | (?:monatliches[ ])?(?:Haushalts-?|Netto-?){0,2}einkommen | Anstellungsverh\S{1,3}ltnis
        | Eigenkapital | SCHUFA\S{0,20} | Bonit\S{1,3}t\w{0,20}
        | Tierfreier[ ]Haushalt | Wohnberechtigungsschein | Profilfoto
      )(?:[ ]\([^()\n]{0,40}\))?[ ]{0,3}(?:[:\t]|$)
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def cut_self_disclosure(text: str) -> str:
    """Return what stands before the self-disclosure; the text itself where there is none.

    `text` is canonical. Source: the layouts of ImmobilienScout24 and Immowelt.
    """
    start = _START.search(text)
    return text if start is None else text[: start.start()].rstrip()
