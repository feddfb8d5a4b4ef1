# The commands a newcomer types. PORT and AIQ_DATA_DIR may be given: make demo PORT=8123
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
BIN := .venv/bin

.PHONY: install demo run test check bench browser

install: .venv/.installed

.venv/.installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

demo: .venv/.installed
	@exec $(BIN)/python manage.py up --port $(PORT) --demo

run: .venv/.installed
	@exec $(BIN)/python manage.py up --port $(PORT)

test: .venv/.installed-dev browser
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

browser: .venv/.installed-dev
	@.ci/browser

# The settings are checked as they are for a real site: an https address and keys of its own.
check: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	PUBLIC_URL=https://cart.example.com DEBUG= $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py lint_templates

bench: .venv/.installed-dev
	$(BIN)/python -m bench
