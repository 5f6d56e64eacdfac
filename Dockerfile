# syntax=docker/dockerfile:1.7
# One image for every program: `api`, `worker`, `scheduler`, `ctl`. Which one a container runs is its command.

FROM node:24.19.0-bookworm-slim AS console
WORKDIR /src/console
COPY console/package.json console/package-lock.json console/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY console ./
RUN npm run build

FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=console /src/console/dist console/dist
# The console is inside the api, or there is no image.
ENV CONSOLE_REQUIRED=1
# The caches live outside the layers: a change of one crate compiles one crate.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --locked --release --package api --package worker --package scheduler --package ctl \
    && install -D --target-directory=/out \
        target/release/api target/release/worker target/release/scheduler target/release/ctl

FROM debian:12.12-slim
# ca-certificates: providers and payment gateways speak TLS. curl: the health checks.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 aetherflow \
    && useradd --uid 10001 --gid aetherflow --no-create-home --shell /usr/sbin/nologin aetherflow \
    && install --directory --owner aetherflow --group aetherflow /var/lib/aetherflow/images
# Owned by root: a program that is taken over cannot change itself.
COPY --from=build --chown=root:root --chmod=0755 /out/ /usr/local/bin/
USER 10001:10001
WORKDIR /var/lib/aetherflow
# SIGTERM drains every service.
STOPSIGNAL SIGTERM
CMD ["api"]
