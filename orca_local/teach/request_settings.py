"""Which fields of a request to an endpoint change the answer."""

from __future__ import annotations

from collections.abc import Collection

from orca_local.domain.teacher_request import TeacherRequest


def omitted(request: TeacherRequest, omit: Collection[str]) -> tuple[str, ...]:
    """The fields of `omit` that the request would have, sorted: leaving out others changes nothing."""
    sent = {"max_tokens", "temperature", "top_p"} | _chosen_rarely(request)
    return tuple(sorted(sent.intersection(omit)))


def chosen_fields(request: TeacherRequest) -> set[str]:
    """The fields whose value differs from that of an endpoint which does not get them."""
    fields = _chosen_rarely(request)
    if request.temperature != 1:
        fields.add("temperature")
    if request.top_p != 1:
        fields.add("top_p")
    return fields


def _chosen_rarely(request: TeacherRequest) -> set[str]:
    """The fields that are only sent if the settings choose them."""
    chosen = {"seed": request.seed is not None, "response_format": request.response_format != "text"}
    return {name for name, is_chosen in chosen.items() if is_chosen}
