# The wheel is built where there is a compiler; the image that runs has none. numba brings its own code generator.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN python -m venv /opt/feedhandler \
 && /opt/feedhandler/bin/pip install --no-cache-dir '.[compress]'

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/feedhandler /opt/feedhandler
# The cache of compiled pipelines is executed, so it belongs to the one user that runs; as a volume it outlives the container,
# and only the very first start compiles.
RUN useradd --system --create-home --uid 10001 feedhandler \
 && install --directory --owner=feedhandler --group=feedhandler --mode=0700 /var/cache/feedhandler
ENV PATH=/opt/feedhandler/bin:$PATH \
    FEEDHANDLER_CACHE=/var/cache/feedhandler \
    PYTHONUNBUFFERED=1
VOLUME /var/cache/feedhandler
USER feedhandler
ENTRYPOINT ["feedhandler"]
CMD ["--help"]
