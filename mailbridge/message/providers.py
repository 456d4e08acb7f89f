"""Mail providers whose domains belong to nobody in particular."""

# Where agencies and visitors of the portals have their addresses. No list is whole; one
# that is missing here can be made up for by naming addresses in the settings.
_PUBLIC = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "msn.com", "icloud.com", "me.com", "mac.com"}
    | {"aol.com", "proton.me", "protonmail.com", "protonmail.ch", "pm.me", "tutanota.com"}
    | {"mail.com", "zoho.com", "yandex.com", "qq.com", "163.com"}
    | {f"{name}.{end}" for name in ("hotmail", "live", "yahoo", "outlook", "gmx")
       for end in ("com", "fr", "de", "it", "es", "ch", "at", "be", "co.uk", "net", "eu")}
    | {"ymail.com", "rocketmail.com", "btinternet.com", "sky.com", "virginmedia.com"}
    | {"bluewin.ch", "hispeed.ch", "sunrise.ch", "swissonline.ch", "vtxnet.ch", "netplus.ch"}
    | {"orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "bbox.fr", "neuf.fr"}
    | {"web.de", "t-online.de", "freenet.de", "arcor.de", "posteo.de", "mailbox.org", "aon.at"}
    | {"libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it", "telefonica.net"}
)  # fmt: skip


def is_public(domain: str) -> bool:
    """Whether anybody can have an address at this very domain."""
    return domain.lower() in _PUBLIC
