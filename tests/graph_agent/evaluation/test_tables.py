"""The figures as tables."""

from __future__ import annotations

from graph_agent.evaluation.summary import summarized
from graph_agent.evaluation.tables import percent, question_table, tables_of
from tests.graph_agent.evaluation.test_journal import SETUP, answered
from tests.graph_agent.evaluation.test_summary import tried


def test_every_row_has_the_cells_of_its_header() -> None:
    results = [answered("a", cost=1.0, attempts=[tried(1, agreement=(2, 3))])]
    for shown in (results, []):
        for table in [*tables_of(summarized(SETUP, shown)), question_table(shown)]:
            assert {len(row) for row in table.rows} <= {len(table.header)}, table.title


def test_the_first_table_says_how_many_are_right() -> None:
    table = next(tables_of(summarized(SETUP, [answered("a"), answered("b", right=False)])))
    assert table.rows[0] == ("right", "1 of 2", "50.0 %", "9.5 to 90.5 %")
    assert table.rows[1][0] == "right within 1 attempt"


def test_agreement_has_a_table_only_where_several_programs_were_written() -> None:
    alone = [table.title for table in tables_of(summarized(SETUP, [answered("a")]))]
    voted = summarized(SETUP, [answered("a", attempts=[tried(1, agreement=(2, 3))])])
    titles = [table.title for table in tables_of(voted)]
    assert set(titles) - set(alone) == {"Agreement against correctness"}


def test_percent() -> None:
    assert (percent(0.5), percent(None)) == ("50.0 %", "")
