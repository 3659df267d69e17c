"""`tocsin collect shodan`: what Shodan knows of given domains and addresses."""

from __future__ import annotations

from tocsin.app.asking import Engine, search_engine
from tocsin.model.text import N_


def load() -> Engine:
    """The API, imported when it is needed."""
    from tocsin.collect import shodan_api

    return Engine(
        key_variable=shodan_api.KEY_VARIABLE,
        settings=shodan_api.settings_from,
        planned=shodan_api.planned,
        ask=shodan_api.shodan,
    )


SOURCE = search_engine("shodan", N_("ask Shodan what it knows of your domains and addresses"), load)
