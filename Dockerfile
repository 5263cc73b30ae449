# Builds the service without the demo and its emulators, and ships nothing but the binary.
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked --no-default-features

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/storebridge /usr/local/bin/storebridge
EXPOSE 8080 9090
ENTRYPOINT ["/usr/local/bin/storebridge"]
CMD ["serve", "--config", "/etc/storebridge/storebridge.toml"]
