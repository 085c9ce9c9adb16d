"""digest.toml and the environment, read and checked into one frozen Config.

Nothing else reads either. `tables.py` has the keys of digest.toml as people write them, `provider_settings.py` those of
the providers, `read.py` reads them, `validate.py` checks them, and `values.py` is the result. May import core, models
and errors.
"""

from digest.config.read import FILE_NAME, load
from digest.config.tables import Check, Monitor, Sections, WarmUp
from digest.config.values import Audience, Config, Delivery, Ledger, Schedule, Secrets

__all__ = [
    "FILE_NAME",
    "Audience",
    "Check",
    "Config",
    "Delivery",
    "Ledger",
    "Monitor",
    "Schedule",
    "Secrets",
    "Sections",
    "WarmUp",
    "load",
]
