# The server and the kb command. Build: docker build -t kb-server .
FROM python:3.11-slim AS build

# Where torch is to come from a list of CPU builds, name the list: --build-arg UV_INDEX=ADDRESS. The default encoder
# does not use torch, and the builds for graphics cards take some gigabytes.
ARG UV_INDEX=""
ARG EXTRAS="postgres,otel"
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1

RUN python -m pip install --no-cache-dir --disable-pip-version-check uv==0.13.9

WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY kb_server ./kb_server
COPY ingest ./ingest
COPY evals ./evals
RUN uv venv /opt/kb \
    && uv pip install --python /opt/kb/bin/python --constraint constraints.txt ".[${EXTRAS}]"

FROM python:3.11-slim

RUN groupadd --system --gid 10001 kb \
    && useradd --system --uid 10001 --gid kb --home-dir /data --no-create-home kb \
    && install --directory --owner kb --group kb /data /docs

COPY --from=build /opt/kb /opt/kb

# Nothing is downloaded at run time. The network of the container is closed: publish the port to this machine or to a
# proxy only.
ENV PATH="/opt/kb/bin:${PATH}" \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    TRANSFORMERS_OFFLINE=1 \
    ANONYMIZED_TELEMETRY=False \
    KB_DATA_DIR=/data \
    KB_HOST=0.0.0.0 \
    KB_PORT=8000 \
    KB_ALLOW_OPEN_NETWORK=true

USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['KB_PORT']}/readyz\", timeout=4)"]

ENTRYPOINT ["kb"]
CMD ["serve"]
