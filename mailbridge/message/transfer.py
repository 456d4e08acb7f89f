"""Content-Transfer-Encoding (RFC 2045, section 6): bytes on the wire → bytes meant.

What cannot be decoded is left out or left as it is; nothing here raises.
"""

import binascii

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_FOREIGN = bytes(set(range(256)) - set(_ALPHABET))


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Undo `encoding`; unknown encodings leave the bytes as they are."""
    match encoding.partition(";")[0].strip().lower():
        case "quoted-printable":
            return binascii.a2b_qp(data)
        case "base64":
            # Prose that only claims to be base64 would decode to nothing readable.
            beyond = len(data.translate(None, _ALPHABET + b"\r\n"))
            return data if beyond * 10 > len(data) else decode_base64(data)
        case _:
            return data


def decode_base64(data: bytes) -> bytes:
    """Decode up to the padding; foreign characters and a missing end do not matter."""
    clean = data.translate(None, _FOREIGN).partition(b"=")[0]
    if len(clean) % 4 == 1:  # six bits make no byte
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
