"""Which profile an image is rolled out under, and where images may come from."""

from typing import Any

import pytest

from tests.unit.intake import IMAGE, Intake, profiles
from triggers.starting import NothingToStart


@pytest.fixture
def intake() -> Intake:
    return Intake()


async def test_an_image_of_no_profile_is_not_even_read(intake: Intake) -> None:
    intake.error = AssertionError("was read")
    with pytest.raises(NothingToStart) as nothing:
        await intake.event(image=IMAGE + "2")
    assert nothing.value.field == "image"


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("wishes", [{}, {"profile": "web"}])
async def test_an_image_from_a_group_that_is_not_allowed_is_not_even_read(
    intake: Intake, asked: bool, wishes: dict[str, Any]
) -> None:
    intake.rollouts = profiles([{"resourceGroup": "golden"}], web={"name": "*"})
    intake.error = AssertionError("the image was read")
    with pytest.raises(NothingToStart) as nothing:
        await intake.ask(asked, **wishes)
    assert nothing.value.field == "image"
    assert "allowedImageGroups" in nothing.value.remedy
    assert intake.engine.held == {}


async def test_an_image_from_an_allowed_group_starts_under_the_profiles_that_match(intake: Intake) -> None:
    intake.rollouts = profiles([{"resourceGroup": "MYRESOURCEGROUP"}], web={"name": "myImage"}, other={"name": "no"})
    assert (await intake.event()).profile == "web"


async def test_the_region_of_the_image_counts_too(intake: Intake) -> None:
    intake.rollouts = profiles(west={"location": "West Central US"}, east={"location": "East US"})
    assert (await intake.event()).profile == "west"
    intake.location = "northeurope"
    with pytest.raises(NothingToStart, match="northeurope"):
        await intake.event()


async def test_an_event_rolls_out_under_every_profile_that_matches(intake: Intake) -> None:
    intake.rollouts = profiles(web={"name": "my*"}, batch={"name": "*"}, other={"name": "x"})
    started = await intake.ask(asked=False)
    assert [one.profile for one in started] == ["batch", "web"]
    assert all(one.created for one in started)
    assert len({one.id for one in started}) == 2


async def test_a_person_must_choose_between_several_profiles(intake: Intake) -> None:
    intake.rollouts = profiles(web={"name": "my*"}, batch={"name": "*"})
    with pytest.raises(NothingToStart, match="batch, web") as nothing:
        await intake.post()
    assert nothing.value.field == "profile"
    assert (await intake.post(profile="batch")).profile == "batch"


@pytest.mark.parametrize(("profile", "said"), [("nope", "no such profile"), ("other", "web")])
async def test_a_profile_that_does_not_fit_is_refused_with_those_that_do(
    intake: Intake, profile: str, said: str
) -> None:
    intake.rollouts = profiles(web={"name": "my*"}, other={"name": "x"})
    with pytest.raises(NothingToStart, match=said) as nothing:
        await intake.post(profile=profile)
    assert nothing.value.field == "profile"


async def test_a_profile_for_another_region_is_refused(intake: Intake) -> None:
    intake.rollouts = profiles(east={"location": "East US"})
    with pytest.raises(NothingToStart, match="westcentralus") as nothing:
        await intake.post(profile="east")
    assert nothing.value.field == "profile"
