# syntax=docker/dockerfile:1
# Three stages: the wheel is built where there is a compiler; the pipelines are compiled where the program is installed; the
# image that runs has neither compiler nor package index. numba brings its own code generator.
#
#   docker build --tag feedhandler .
#   docker run --network host --volume ./mine.yaml:/etc/feedhandler/deployment.yaml:ro feedhandler
#
# docs/running-live.md goes through capabilities, cores, memory and time stamps in a container.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

# ── The wheel, with its extensions ───────────────────────────────────────────────────────────────────────────────────
FROM ${PYTHON_IMAGE} AS build
# The newest of the release is right: a compiler that is not part of what runs.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# --copies: an interpreter of its own, which can be given capabilities without giving them to every Python of the image.
RUN python -m venv --copies /opt/feedhandler \
 && /opt/feedhandler/bin/pip install --no-cache-dir '.[compress]'

# ── The image ────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM ${PYTHON_IMAGE}

# Machine code for the processors that the image is meant for, and not for the one that builds it: x86-64-v3 is every server
# since 2015 (Haswell, Zen). On aarch64: --build-arg CPU_NAME=neoverse-n1.
ARG CPU_NAME=x86-64-v3
ARG CPU_FEATURES=
# Capabilities of the interpreter, for receivers that need them as a user who is not root:
#   --build-arg CAPABILITIES=cap_net_raw,cap_net_admin,cap_ipc_lock,cap_sys_nice
# The container must then be given the same ones (--cap-add), or the kernel refuses to start the interpreter; and the
# dynamic linker ignores LD_PRELOAD in it, which Onload and VMA need. The socket receiver needs none.
ARG CAPABILITIES=

ENV PATH=/opt/feedhandler/bin:$PATH \
    NUMBA_CPU_NAME=${CPU_NAME} \
    NUMBA_CPU_FEATURES=${CPU_FEATURES} \
    FEEDHANDLER_CACHE=/var/cache/feedhandler \
    RUNTIME_DIRECTORY=/run/feedhandler \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1

COPY --from=build /opt/feedhandler /opt/feedhandler
# The cache of compiled pipelines is executed, so it belongs to the one user that runs.
# hadolint ignore=DL3008
RUN groupadd --system --gid 10001 feedhandler \
 && useradd --system --no-create-home --uid 10001 --gid 10001 feedhandler \
 && install --directory --owner=feedhandler --group=feedhandler --mode=0700 /var/cache/feedhandler /run/feedhandler \
 && install --directory /etc/feedhandler \
 && if [ -n "${CAPABILITIES}" ]; then \
      apt-get update \
      && apt-get install --yes --no-install-recommends libcap2-bin \
      && rm -rf /var/lib/apt/lists/* \
      && setcap "${CAPABILITIES}+ep" "$(readlink -f /opt/feedhandler/bin/python3)"; \
    fi

USER 10001:10001
# The pipelines of the examples, and what reads books, are compiled here: a container that starts one of them does not
# compile. One with strategies of its own does, once, where it can write to the cache: build an image on top of this one
# that runs `feedhandler compile` with its configuration, or keep /var/cache/feedhandler in a volume.
RUN for file in /opt/feedhandler/lib/python3*/site-packages/configs/*.yaml; do \
      feedhandler compile --packets-only "$file" || exit 1; \
    done

# Is the process there, and does it poll? Whether books are CURRENT is `feedhandler health` without --polling: a restart
# brings no message back, so an orchestrator should not act on it.
HEALTHCHECK --interval=5s --timeout=5s --start-period=120s --retries=3 \
    CMD ["feedhandler", "health", "/etc/feedhandler/deployment.yaml", "--polling"]
# SIGTERM ends a run with its summary; exit code 143.
STOPSIGNAL SIGTERM
ENTRYPOINT ["feedhandler"]
CMD ["run", "/etc/feedhandler/deployment.yaml", "--json"]
