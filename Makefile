# Two commands set everything up: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint schema catalogues bench-mail bench-probe bench-mutations bench-hostile bench-memory bench-history bench-conversation bench-conversation-speed fit-conversation bench-hunt bench-hunt-speed bench-trust clean

$(STAMP): requirements.lock pyproject.toml
	@echo "Installing into $(VENV); a minute or two, once."
	@command -v $(PYTHON) >/dev/null 2>&1 && P=$(PYTHON) || P=python3; \
	test -x $(BIN)/python || $$P -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@# As pip does for what it copies: a third off every start where Python may not write them itself.
	@$(BIN)/python -m compileall -q src
	@touch $(STAMP)

demo: $(STAMP)  ## install, examine the bundled case, say where the report is
	@rm -rf demo-out
	@$(BIN)/tocsin examine demo/case -o demo-out --own-domain contoso.example --fail-on none
	@echo "Open demo-out/report.html in a browser."

test: $(STAMP)  ## install, run the whole suite
	$(BIN)/python -m pytest -n auto

lint: $(STAMP)  ## style, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

schema: $(STAMP)  ## docs/run.schema.json from the types
	$(BIN)/python tools/schema.py docs/run.schema.json

catalogues: $(STAMP)  ## extract messages, update and compile both languages
	$(BIN)/python tools/catalogues.py

bench-mail: $(STAMP)
	$(BIN)/python benchmarks/mail_headers.py
bench-probe: $(STAMP)
	$(BIN)/python benchmarks/probe_vs_nmap.py
bench-mutations: $(STAMP)
	$(BIN)/python benchmarks/mutations.py --count 100000
	$(BIN)/python benchmarks/mail_mutations.py --count 100000
	$(BIN)/python benchmarks/mail_mutations.py --count 20000 --room
bench-hostile: $(STAMP)
	$(BIN)/python benchmarks/hostile.py
	$(BIN)/python benchmarks/hostile_mail.py
	$(BIN)/python benchmarks/hostile_hunt.py --linear
	$(BIN)/python benchmarks/hostile_trust.py
bench-memory: $(STAMP)
	$(BIN)/python benchmarks/memory.py
bench-history: $(STAMP)
	$(BIN)/python benchmarks/history.py
bench-conversation: $(STAMP)  ## recall and false alerts of the conversation room; ten minutes
	$(BIN)/python -m benchmarks.conversation.evaluate -o conversation.json
bench-conversation-speed: $(STAMP)  ## the same mails through rspamd and SpamAssassin, where installed
	$(BIN)/python benchmarks/conversation_speed.py
fit-conversation: $(STAMP)  ## the indicators' weights anew, from the samples
	$(BIN)/python -m benchmarks.conversation.fitting --write
	$(BIN)/python tools/indicators_page.py

bench-hunt: $(STAMP)  ## recall and false findings of the hunt on invented server days; ten minutes
	$(BIN)/python -m benchmarks.hunt.evaluate -o hunt.json
bench-hunt-speed: $(STAMP)  ## the hunt beside ripgrep, where installed
	$(BIN)/python -m benchmarks.hunt.speed

bench-trust: $(STAMP)  ## the score's invariants on 100,000 invented organisations (an hour); 2,000 servers timed
	$(BIN)/python -m benchmarks.trust.speed
	$(BIN)/python -m benchmarks.trust.models --count 100000

clean:
	rm -rf $(VENV) demo-out
