"""One address under many names: a zone can give one server any number of them."""

from __future__ import annotations

from connector_probe.probing.sharing import AddressBudget


def test_names_of_one_address_share_its_time() -> None:
    budget = AddressBudget()
    assert budget.allows("mx1.contoso.com", 100.0, 15.0)
    assert budget.allows("mx2.contoso.com", 115.0, 15.0)
    assert not budget.allows("mx3.contoso.com", 115.1, 15.0)
    assert budget.left_out == {"mx3.contoso.com"}


def test_a_name_that_was_tried_is_tried_to_the_end() -> None:
    """Its other connections and retries were asked for."""
    budget = AddressBudget()
    assert budget.allows("mail.contoso.com", 100.0, 15.0)
    assert budget.allows("mail.contoso.com", 900.0, 15.0)
    assert not budget.left_out
