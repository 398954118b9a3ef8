"""What Azure Functions imports. It joins nothing itself; read on in:

triggers/       a queue message or a request becomes a rollout, or a reason why not
orchestrators/  rollout.py is the runbook; what it runs beside itself lies next to it
activities/     one ARM operation a file
arm/            the only code that talks to Azure Resource Manager
domain/         models, names and rules; no I/O
wiring/         settings, credentials, and app.py, which joins all of this
"""

import gc

gc.disable()  # nothing that is imported here is garbage; looking for it would cost a seventh of the cold start
try:
    from wiring.app import build_app
    from wiring.settings import Settings

    app = build_app(Settings.from_env())
finally:
    gc.enable()
