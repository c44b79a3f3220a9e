"""A rehearsed season as plain data, for programs. Pure."""

from __future__ import annotations

from newsletter.pipeline.rehearsal.season import Season


def season_document(season: Season) -> dict[str, object]:
    """The season with names for everything; moments are in ISO 8601."""
    return {
        "start": season.start.isoformat(),
        "end": season.end.isoformat(),
        "rate": season.rate,
        "paused": list(season.paused),
        "issues": [
            {
                "issue": issue.name,
                "due": issue.due.isoformat(),
                "stories": issue.stories,
                "left_out": issue.left_out,
                "octets": issue.octets,
                "readers": issue.readers,
                "accepted": issue.accepted,
                "begins": issue.begins.isoformat(),
                "ends": issue.ends.isoformat() if issue.ends else None,
                "last_hour": issue.last_hour.isoformat() if issue.last_hour else None,
                "seconds": round(issue.takes.total_seconds(), 1) if issue.takes is not None else None,
                "troubles": [trouble.name.lower() for trouble in issue.troubles],
                "blocking": list(issue.blocking),
            }
            for issue in season.issues
        ],
        "sources": [
            {
                "newsletter": source.newsletter,
                "location": source.location,
                "name": source.name,
                "weeks": list(source.habit.weeks),
                "last": source.habit.last.isoformat() if source.habit.last else None,
                "carried": source.carried,
                "flow": source.habit.flow.value,
            }
            for source in season.sources
        ],
    }  # fmt: skip
