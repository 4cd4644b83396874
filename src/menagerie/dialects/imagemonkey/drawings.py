"""Pictures drawn on demand: round badges with letters, for accounts and achievements."""

import hashlib

from menagerie.http.answers import Answer

SVG = "image/svg+xml"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def badge(letters: str, seed: str, *, width: int = 128, height: int = 128) -> Answer:
    """Answer a disc with one or two letters; `seed` decides its color. Sizes in px."""
    hue = hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=2).digest()
    shown = "".join(c for c in letters[:2] if c.isalnum()) or "?"
    body = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 128 128"><circle cx="64" cy="64" r="64"'
        f' fill="hsl({int.from_bytes(hue, "big") % 360} 45% 45%)"/>'
        '<text x="64" y="66" font-family="sans-serif" font-size="56" fill="#fff"'
        f' text-anchor="middle" dominant-baseline="central">{shown}</text></svg>'
    )
    headers = [("content-security-policy", _POLICY), ("cache-control", "public, max-age=3600")]
    return Answer(200, body.encode(), media_type=SVG, headers=headers)
