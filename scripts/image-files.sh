#!/bin/sh
# Writes what the container image has besides the program to a folder: the certificates that TLS needs, and folders
# that every user can write to, because people run the image with their own user ID. Dockerfile runs it.
# Usage: scripts/image-files.sh FOLDER
set -eu

install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
install -d -m 1777 "$1/data" "$1/home/wizard" "$1/tmp"
