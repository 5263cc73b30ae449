# Builds the service without the demo and its emulators, and ships little but the binary.
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked --no-default-features

FROM debian:bookworm-slim
COPY --from=build /build/target/release/storebridge /usr/local/bin/storebridge
USER 10001:10001
EXPOSE 8080 9090
ENTRYPOINT ["/usr/local/bin/storebridge"]
CMD ["serve", "--config", "/etc/storebridge/storebridge.toml"]
