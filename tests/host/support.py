"""Where the small app is, and the settings it needs."""

from pathlib import Path

APP = Path(__file__).parent / "app"
SETTINGS = {
    "TASKHUB_NAME": "hub",
    "NAMES_QUEUE": "Names",
    "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
}

TRIGGERS = Path(__file__).parent / "app_triggers"
TRIGGER_SETTINGS = {"WORK_QUEUE": "Work", "RETURNS_QUEUE": "returns"}
