# One image for every service: python -m services.<name> api | worker | migrate.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements-runtime.lock ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements-runtime.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home openfapiao && install -d -o 10001 /exports
COPY --from=build /venv /venv
WORKDIR /app
COPY libs libs
COPY services services
COPY sandbox sandbox
COPY deploy deploy
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OFP_HTTP_HOST=0.0.0.0 OFP_INTERNAL_PORT=9000
USER 10001
EXPOSE 8000 9000
ENTRYPOINT ["python", "-m"]
CMD ["services.invoice", "api"]
