"""OS profiles of machines and of a scale set's model: who may log in, and the defaults that the service writes."""

from local.armsim.body import Body
from local.armsim.compute.image_references import Image
from local.armsim.errors import invalid_parameter, missing_parameter
from local.armsim.kinds import Write
from local.armsim.reading import record, records, text
from local.armsim.rules import required
from local.armsim.secret_members import password_of

_KEPT_NAMES = (
    "administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2 aspnet backup console "
    "david guest john owner root server sql support support_388945a0 sys test2 test3 user4 user5"
)
_BANNED = frozenset(_KEPT_NAMES.split())


def check_os_profile(write: Write, profile: Body, image: Image) -> None:
    """A generalized image needs an OS profile, a specialized one refuses it; credentials are checked on creation."""
    os_profile = record(profile, "osProfile")
    if image.os_state == "Specialized":
        if os_profile:
            raise invalid_parameter("Parameter 'osProfile' is not allowed.", "osProfile")
        return
    if not os_profile:
        raise missing_parameter("osProfile")
    prefix = text(os_profile, "computerNamePrefix") or write.route.names[-1]
    longest = 9 if image.os_type == "Windows" else 58
    if len(prefix) > longest:
        raise invalid_parameter(
            f"{image.os_type} computer name prefix cannot be more than {longest} characters long: '{prefix}'.",
            "osProfile.computerNamePrefix",
        )
    if write.existing is None:
        check_credentials(os_profile, image)


def check_credentials(os_profile: Body, image: Image) -> None:
    """Who may log in to a new machine: a name that Azure allows, with a strong password or a key."""
    _check_user(required(os_profile, "osProfile", "adminUsername"), image.os_type)
    keys = records(os_profile, "linuxConfiguration", "ssh", "publicKeys")
    password = text({"adminPassword": password_of(os_profile)}, "adminPassword")
    if password is None and not (keys and image.os_type == "Linux"):
        raise missing_parameter("osProfile.adminPassword")
    if password is not None and not _strong(password):
        raise invalid_parameter(
            "The supplied password must be between 8-123 characters long and must satisfy at least 3 of password "
            "complexity requirements from the following: Contains an uppercase character, Contains a lowercase "
            "character, Contains a numeric digit, Contains a special character.",
            "adminPassword",
        )


def _check_user(name: str, os_type: str) -> None:
    """Names that Azure keeps for itself, and the length that Windows allows."""
    longest = 20 if os_type == "Windows" else 64
    if len(name) > longest or name.endswith(".") or name.lower() in _BANNED:
        raise invalid_parameter(
            f"The Admin Username specified is not allowed: '{name}'. It must not be a reserved name, must not end with "
            f"a period and has at most {longest} characters.",
            "adminUsername",
        )


def _strong(password: str) -> bool:
    classes = (str.isupper, str.islower, str.isdigit, lambda char: not char.isalnum())
    return 8 <= len(password) <= 123 and sum(any(map(test, password)) for test in classes) >= 3


def kept_os_profile(sent: Body, image: Image, *, patched: bool) -> Body:
    """The OS profile with its defaults; `patched`: with the patch settings that machines of their own show."""
    kept = dict(sent)
    if image.os_type == "Windows":
        windows: Body = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
        if patched:
            windows["patchSettings"] = {"patchMode": "AutomaticByOS", "assessmentMode": "ImageDefault"}
        kept["windowsConfiguration"] = {**windows, **record(sent, "windowsConfiguration")}
    else:
        keys = bool(records(sent, "linuxConfiguration", "ssh", "publicKeys"))
        linux: Body = {"disablePasswordAuthentication": keys, "provisionVMAgent": True}
        if patched:
            linux["patchSettings"] = {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"}
        kept["linuxConfiguration"] = {**linux, **record(sent, "linuxConfiguration")}
    kept.setdefault("secrets", [])
    kept.setdefault("allowExtensionOperations", True)
    kept.setdefault("requireGuestProvisionSignal", True)
    return kept
