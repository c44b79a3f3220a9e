"""What the first page says of each thing that needs a person, and where it leads. Pure."""

from __future__ import annotations

from newsletter.web.home.home import Need, Step, Task

JOBS = {
    "letters": "sending of mail to readers",
    "inbound": "processing of incoming mail",
    "webhooks": "sending of webhooks",
    "retention": "removal of old data",
    "operators": "notification of the operators",
    "source-alerts": "notification of the operators",
}
"""The site's jobs in an editor's words."""

STEPS = {
    Step.SENDER: ("Say who sends it", "The name and address that readers see."),
    Step.SOURCES: ("Add sources", "Sites and feeds whose articles it is made of."),
    Step.READERS: ("Bring your readers", "A file of addresses, or one by one."),
    Step.LOOK: ("Choose look and day", "A theme, its colours, and when it goes out."),
    Step.TEST: ("Send yourself a test", "See it in your own inbox first."),
}
"""The heading of each step to a first issue, and what it is for."""


def task_text(task: Task) -> str:
    """One sentence without its full stop."""
    match task.need:
        case Need.STOPPED:
            return f"The sending of No. {task.issue} is stopped"
        case Need.HELD:
            return f"No. {task.issue} is held and does not go out by itself"
        case Need.UNKNOWN:
            return (
                f"No. {task.issue}: it is not known whether "
                f"{_count(task.count, 'message')} went out"
            )
        case Need.BLOCKED:
            return (
                f"{_count(task.count, 'mistake')} must be mended before No. {task.issue} can go out"
            )
        case Need.ASKED:
            return f"You are asked to approve No. {task.issue}"
        case Need.COMMENTS:
            return f"{_count(task.count, 'comment')} on No. {task.issue} wait{'' if task.count > 1 else 's'} for an answer"
        case Need.SOURCES:
            if task.count == 1:
                return f"{task.sources[0].name} cannot be read; its stories may be missing"
            return f"{task.count} sources cannot be read; their stories may be missing"
        case Need.BOUNCES:
            return (
                f"{_count(task.count, 'address', 'addresses')} bounced this week, more than usual"
            )


def task_link(task: Task, slug: str) -> tuple[str, str]:
    """The page that settles it, below the site's address, and what the link says."""
    issue = f"/desk/{slug}/{task.issue}"
    match task.need:
        case Need.STOPPED | Need.UNKNOWN:
            return f"{issue}/report", "See the report"
        case Need.HELD | Need.ASKED:
            return f"{issue}/publish", "Review and approve"
        case Need.BLOCKED:
            return f"{issue}/preview", "See what"
        case Need.COMMENTS:
            return f"{issue}#comments", "Read"
        case Need.SOURCES:
            return "/sources", "See sources"
        case Need.BOUNCES:
            return "/people/mail?kind=bounce", "See bounces"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
