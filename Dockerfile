# The container image of a release: the static program, certificates, and no shell. GoReleaser builds it (.goreleaser.yaml)
# in a folder with linux/amd64/wizard, linux/arm64/wizard and scripts/image-files.sh. docs/install.md shows how to run it.
FROM --platform=$BUILDPLATFORM debian:13-slim AS files
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates
COPY scripts/image-files.sh /image-files.sh
RUN sh /image-files.sh /image

FROM scratch
ARG TARGETPLATFORM
COPY --from=files /image/ /
COPY $TARGETPLATFORM/wizard /usr/bin/wizard
ENV HOME=/home/wizard PATH=/usr/bin
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/usr/bin/wizard"]
