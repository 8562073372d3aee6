"""GitHub's REST API for the steps that publish."""

from __future__ import annotations

from gh import needed

from tfratchet.hosting.web import Api, ApiError

__all__ = ["Api", "ApiError", "github"]


def github(token: str) -> Api:
    """The API of the server that runs the workflow."""
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return Api(needed("GITHUB_API_URL"), headers)
