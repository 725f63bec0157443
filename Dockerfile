# syntax=docker/dockerfile:1
# The program in an image of its own: built in one stage, run in another, as a user without rights.
#   docker build -t image-census .
#   docker run --rm -e GITHUB_TOKEN -v image-census:/var/lib/image-census image-census sync --once
# The base image is held by its digest. To renew it, put what `image-census digest node:20-bookworm-slim` prints behind the
# `@`, with the tag that it has now; another release of Node from 20 on: --build-arg NODE_IMAGE=node:24-bookworm-slim.
ARG NODE_IMAGE=node:20.20.2-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No script of a dependency runs: nothing here needs one.
RUN npm ci --ignore-scripts
COPY tsconfig.base.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    IMAGE_CENSUS_DATA_DIR=/var/lib/image-census
WORKDIR /opt/image-census
COPY --from=dependencies /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE README.md ./
RUN ln -s /opt/image-census/dist/programs/main.js /usr/local/bin/image-census \
    && install -d -o node -g node /var/lib/image-census
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
VOLUME ["/var/lib/image-census"]
EXPOSE 4870
# For what serves (`serve`, `daemon --serve`). Commands that end by themselves end before the first check.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:4870/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["image-census"]
CMD ["--help"]
