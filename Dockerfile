# tfratchet with git, for any CI system:
#   docker build --tag tfratchet .
#   docker run --rm --volume "$PWD:/repo:ro" tfratchet diff --base origin/main --merge-base --head HEAD
FROM python:3.12-slim AS build

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY plugin plugin
COPY checks checks
RUN python -m venv /opt/tfratchet \
    && /opt/tfratchet/bin/pip install --no-cache-dir --disable-pip-version-check .


FROM python:3.12-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    # The mounted repository belongs to whoever runs the container.
    && git config --system --add safe.directory '*' \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tfratchet

COPY --from=build /opt/tfratchet /opt/tfratchet
ENV PATH="/opt/tfratchet/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /repo
ENTRYPOINT ["tfratchet"]
CMD ["--help"]
