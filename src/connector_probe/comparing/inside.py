"""One place meets the server at its private address, the other at the public one: which side of the NAT is at fault?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector_probe.comparing.comparison import Difference
from connector_probe.comparing.sides import AddressResult, Pair, by_address, difference, title
from connector_probe.model.notation import quote
from connector_probe.protocol.addresses import is_outside, is_private


def inside_differences(pair: Pair, server: str, found: tuple[Sequence[str], Sequence[str]]) -> Iterator[Difference]:
    """``found``: the addresses of ``server`` at the two places, which differ."""
    private = [all(map(is_private, one)) for one in found]
    public = [all(map(is_outside, one)) for one in found]
    if not (private[0] and public[1]) and not (public[0] and private[1]):
        return
    inside = 0 if private[0] else 1
    near, far = (_met(pair, at, server) for at in (inside, 1 - inside))
    if not near or not far or any(seen.unknown for seen in (*near, *far)) or any(seen.flows for seen in far):
        return
    facts = {
        "inside": pair.labels[inside],
        "outside": pair.labels[1 - inside],
        "private": ", ".join(found[inside]),
        "public": ", ".join(found[1 - inside]),
        "title": title(far[0], pair.words),
    }
    if not any(seen.flows for seen in near):
        if near[0].failure is far[0].failure:
            yield difference(pair, "inside-fails", False, facts, server=server)
        return
    yield difference(pair, "inside-flows", True, facts, server=server)
    ours, theirs = ({sha1: leaf for seen in one for sha1, leaf in seen.leaves.items()} for one in (near, far))
    if ours and theirs and not set(ours) & set(theirs):
        (here, *_), (there, *_) = ours.values(), theirs.values()
        facts |= {"inside_subject": quote(here.subject), "outside_subject": quote(there.subject)}
        yield difference(pair, "inside-other-server", True, facts, server=server, first=here.sha1, second=there.sha1)


def _met(pair: Pair, at: int, server: str) -> list[AddressResult]:
    return [seen for (name, address, _), seen in by_address(pair.results[at]).items() if name == server and address]
