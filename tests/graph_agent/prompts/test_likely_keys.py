"""By which columns two tables can be joined."""

from __future__ import annotations

import pytest

from graph_agent.prompts.likely_keys import likely_keys


@pytest.mark.parametrize(
    ("orders", "cities", "keys"),
    [
        (["id", "city"], ["city", "size"], ["orders['city'] and cities['city']"]),
        (["id", "city_id"], ["id", "name"], ["orders['city_id'] and cities['id']"]),
        (["CityId"], ["ID"], ["orders['CityId'] and cities['ID']"]),
        (["order_id"], ["id"], []),
        (["id", "name"], ["id", "name"], []),
        (["a", "b", "c", "d", "e", "f", "g"], ["a", "b", "c", "d", "e", "f", "g"], []),
        ([], ["id"], []),
    ],
)
def test_columns_of_the_same_name_and_references(
    orders: list[str], cities: list[str], keys: list[str]
) -> None:
    tables = [{"name": "orders", "columns": orders}, {"name": "cities", "columns": cities}]
    assert likely_keys(tables) == keys


def test_a_reference_is_found_in_either_order() -> None:
    tables = [{"name": "city", "columns": ["id"]}, {"name": "orders", "columns": ["city_id"]}]
    assert likely_keys(tables) == ["city['id'] and orders['city_id']"]


def test_wide_tables_take_no_time() -> None:
    columns = [f"column_{number}" for number in range(2000)]
    tables = [{"name": f"t{number}", "columns": ["id", *columns]} for number in range(300)]
    tables[1]["columns"] = ["id", "t0_id"]
    assert likely_keys(tables) == ["t0['id'] and t1['t0_id']"]
