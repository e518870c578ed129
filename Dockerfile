# docker build -t apus . && docker run -p 11434:11434 -v apus:/root/.ollama apus
FROM swift:6.3 AS build
WORKDIR /source
COPY . .
RUN Packaging/static /source/apus

FROM ubuntu:24.04
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /source/apus /usr/local/bin/apus
ENV OLLAMA_HOST=0.0.0.0:11434
EXPOSE 11434
VOLUME /root/.ollama
ENTRYPOINT ["/usr/local/bin/apus"]
CMD ["serve"]
