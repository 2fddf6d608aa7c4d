"""
Writes the public set that recall on personal data is measured on: sentences by the generator of presidio-evaluator
(templates and spans, MIT), filled by Faker (MIT) in the locales below. Nothing is chosen or changed: what the generator
labels is what the set says, but that line breaks are line breaks. The people of its own FakeNameGenerator table are left
out, whose licence is another.

python3 -m venv v && v/bin/pip install --no-deps presidio-evaluator==0.3.2
v/bin/pip install faker==40.63.0 pandas==3.1.1 tqdm pyyaml requests
v/bin/python scripts/presidio-set.py > test/guard/sets/presidio.jsonl
"""
import contextlib
import json
import random
import sys
from unittest.mock import MagicMock

# What the package needs for tagging tokens and for training, which nobody asks for here.
UNUSED = """spacy spacy.tokens spacy.training spacy.language presidio_analyzer presidio_analyzer.nlp_engine dotenv
presidio_anonymizer presidio_anonymizer.entities bs4 sklearn sklearn.model_selection matplotlib plotly"""
for name in UNUSED.split():
    sys.modules[name] = MagicMock()

from faker import Faker  # noqa: E402

with contextlib.redirect_stdout(sys.stderr):
    from presidio_evaluator.data_generator import PresidioSentenceFaker, raw_data_dir  # noqa: E402

SEED = 71
LOCALES = ("en_US", "en_CA", "nl_NL", "it_IT", "sv_SE")
EACH = 600
# The file's lines spell a line break as two characters.
TEMPLATES = [
    line.strip().replace("\\n", "\n").replace("\\,", ",")
    for line in (raw_data_dir / "templates.txt").read_text(encoding="utf-8", errors="replace").splitlines()
]
# What has a form that can be checked; the other labels (names, places, dates) are in the text and not in the set.
STRUCTURED = {"EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "US_SSN"}

lines = []
for place, locale in enumerate(LOCALES):
    people = Faker(locale)
    Faker.seed(SEED + place)
    random.seed(SEED + place)
    records = [{"person": people.name(), "first_name": people.first_name(), "last_name": people.last_name()} for _ in range(200)]
    for record in records:
        record["name"] = record["person"]
    with contextlib.redirect_stdout(sys.stderr):
        maker = PresidioSentenceFaker(locale, 0.05, TEMPLATES, base_records=records, random_seed=SEED + place)
        made = maker.generate_new_fake_sentences(EACH)
    for sample in made:
        text = sample.full_text
        spans = [
            # JavaScript counts UTF-16 code units, Python code points.
            [s.entity_type, len(text[: s.start_position].encode("utf-16-le")) // 2, len(text[: s.end_position].encode("utf-16-le")) // 2]
            for s in sample.spans
            if s.entity_type in STRUCTURED
        ]
        lines.append({"text": text, "locale": locale, "spans": sorted(spans, key=lambda span: span[1])})

seen = set()
for line in lines:
    if line["text"] not in seen:
        seen.add(line["text"])
        print(json.dumps(line, ensure_ascii=False))
