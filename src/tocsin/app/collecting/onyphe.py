"""`tocsin collect onyphe`: what Onyphe knows of given domains and addresses."""

from __future__ import annotations

from tocsin.app.asking import Engine, search_engine
from tocsin.model.text import N_


def load() -> Engine:
    """The API, imported when it is needed."""
    from tocsin.collect import onyphe_api

    return Engine(
        key_variable=onyphe_api.KEY_VARIABLE,
        settings=onyphe_api.settings_from,
        planned=onyphe_api.planned,
        ask=onyphe_api.onyphe,
    )


SOURCE = search_engine("onyphe", N_("ask Onyphe what it knows of your domains and addresses"), load)
