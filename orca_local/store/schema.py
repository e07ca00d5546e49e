"""The tables and views: one SQL text for each migration."""

from __future__ import annotations

INITIAL = """
CREATE TABLE models (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, architecture TEXT NOT NULL,
  quantization TEXT NOT NULL, parameters INTEGER NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE TABLE tasks (
  name TEXT PRIMARY KEY, source TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE TABLE samples (
  id TEXT PRIMARY KEY, task TEXT NOT NULL REFERENCES tasks(name),
  split TEXT NOT NULL CHECK (split IN ('probe', 'train', 'holdout')), kind TEXT NOT NULL,
  prompt TEXT NOT NULL, answer_json TEXT NOT NULL, labels_json TEXT NOT NULL, rationale TEXT,
  metadata_json TEXT NOT NULL, content_hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL
) STRICT;
CREATE INDEX samples_by_task ON samples(task, split, kind);
CREATE TABLE strategies (
  name TEXT NOT NULL, hash TEXT NOT NULL, student TEXT NOT NULL, teacher TEXT NOT NULL,
  builtin INTEGER NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (name, hash)
) STRICT;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY, stage TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'interrupted', 'dead')),
  settings_json TEXT NOT NULL, versions_json TEXT NOT NULL, inputs_json TEXT NOT NULL,
  pid INTEGER NOT NULL, process_started TEXT NOT NULL, host TEXT NOT NULL, error TEXT NOT NULL,
  started_at TEXT NOT NULL, heartbeat_at TEXT NOT NULL, finished_at TEXT
) STRICT;
CREATE TABLE events (
  run_id INTEGER NOT NULL REFERENCES runs(id), seq INTEGER NOT NULL, kind TEXT NOT NULL,
  payload_json TEXT NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE generations (
  key TEXT PRIMARY KEY, prompt TEXT NOT NULL, completion TEXT NOT NULL, prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL, finish_reason TEXT NOT NULL, duration_ms INTEGER NOT NULL,
  config_json TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE TABLE system_messages (
  id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE measurements (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs(id),
  sample_id TEXT NOT NULL REFERENCES samples(id), strategy TEXT NOT NULL,
  model_id INTEGER NOT NULL REFERENCES models(id),
  system_message_id INTEGER NOT NULL REFERENCES system_messages(id), sample_index INTEGER NOT NULL,
  generation_key TEXT NOT NULL REFERENCES generations(key), created_at TEXT NOT NULL,
  UNIQUE (sample_id, model_id, strategy, system_message_id, sample_index, generation_key)
) STRICT;
CREATE INDEX measurements_by_run ON measurements(run_id);
CREATE TABLE scores (
  generation_key TEXT NOT NULL REFERENCES generations(key), sample_id TEXT NOT NULL REFERENCES samples(id),
  extracted TEXT, value REAL CHECK (value BETWEEN 0 AND 1), scorer TEXT NOT NULL,
  PRIMARY KEY (generation_key, sample_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE selections (
  id INTEGER PRIMARY KEY, run_id INTEGER REFERENCES runs(id), task TEXT NOT NULL REFERENCES tasks(name),
  strategy TEXT NOT NULL, accuracy REAL, ci_low REAL, ci_high REAL, samples INTEGER NOT NULL,
  decided INTEGER NOT NULL, method TEXT NOT NULL, alpha REAL, reason TEXT NOT NULL, chosen_by TEXT NOT NULL,
  created_at TEXT NOT NULL, UNIQUE (run_id, task, chosen_by)
) STRICT;
CREATE INDEX selections_by_task ON selections(task);

CREATE TABLE teacher_calls (
  key TEXT PRIMARY KEY, endpoint TEXT NOT NULL, model TEXT NOT NULL, request_json TEXT NOT NULL,
  response_json TEXT, state TEXT NOT NULL CHECK (state IN ('reserved', 'done', 'failed')),
  prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, reserved_usd REAL, cost_usd REAL,
  attempts INTEGER NOT NULL, error TEXT NOT NULL, created_at TEXT NOT NULL, finished_at TEXT
) STRICT;
CREATE TABLE demonstrations (
  id INTEGER PRIMARY KEY, sample_id TEXT NOT NULL REFERENCES samples(id), strategy TEXT NOT NULL,
  teacher_call_key TEXT NOT NULL REFERENCES teacher_calls(key), sample_index INTEGER NOT NULL,
  text TEXT NOT NULL, verified INTEGER,
  review TEXT NOT NULL CHECK (review IN ('pending', 'accepted', 'rejected', 'edited')),
  created_at TEXT NOT NULL, UNIQUE (sample_id, strategy, teacher_call_key, sample_index)
) STRICT;

CREATE TABLE trainings (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, run_id INTEGER NOT NULL REFERENCES runs(id),
  weights_sha256 TEXT NOT NULL, recipe_json TEXT NOT NULL, rows INTEGER NOT NULL, directory TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed')), summary_json TEXT NOT NULL,
  created_at TEXT NOT NULL, finished_at TEXT
) STRICT;
CREATE TABLE training_metrics (
  training_id INTEGER NOT NULL REFERENCES trainings(id), step INTEGER NOT NULL, name TEXT NOT NULL, value REAL,
  PRIMARY KEY (training_id, name, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE adapters (
  id INTEGER PRIMARY KEY, training_id INTEGER REFERENCES trainings(id), path TEXT NOT NULL,
  sha256 TEXT NOT NULL, weights_sha256 TEXT NOT NULL, step INTEGER NOT NULL, validation_loss REAL,
  position INTEGER NOT NULL, created_at TEXT NOT NULL, UNIQUE (sha256, path)
) STRICT;
CREATE TABLE exports (
  id INTEGER PRIMARY KEY, run_id INTEGER REFERENCES runs(id), name TEXT NOT NULL, path TEXT NOT NULL,
  sha256 TEXT NOT NULL, quantization TEXT NOT NULL, bytes INTEGER NOT NULL,
  adapter_id INTEGER REFERENCES adapters(id), acceptance_json TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE TABLE evaluations (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs(id), model TEXT NOT NULL,
  model_id INTEGER NOT NULL REFERENCES models(id), system_message TEXT NOT NULL, task TEXT NOT NULL,
  n INTEGER NOT NULL, accuracy REAL NOT NULL, ci_low REAL NOT NULL, ci_high REAL NOT NULL,
  extracted REAL NOT NULL, created_at TEXT NOT NULL, UNIQUE (run_id, model, model_id, system_message, task)
) STRICT;

CREATE VIEW latest_measurements AS
  SELECT max(run_id) AS run_id, id, sample_id, strategy, model_id, system_message_id, sample_index, generation_key
  FROM measurements GROUP BY sample_id, model_id, strategy, system_message_id, sample_index;
CREATE VIEW probe_matrix AS
  SELECT samples.task AS task, measured.strategy AS strategy, models.path AS model, count(*) AS n,
    round(avg(coalesce(scores.value, 0)), 4) AS accuracy,
    round(avg(scores.value IS NOT NULL), 4) AS extracted,
    round(avg(generations.completion_tokens), 1) AS completion_tokens
  FROM latest_measurements AS measured
  JOIN samples ON samples.id = measured.sample_id AND samples.split = 'probe'
  JOIN models ON models.id = measured.model_id
  JOIN generations ON generations.key = measured.generation_key
  LEFT JOIN scores ON scores.generation_key = measured.generation_key AND scores.sample_id = measured.sample_id
  GROUP BY samples.task, measured.strategy, models.id;
CREATE VIEW teacher_spend AS
  SELECT endpoint, model, state, count(*) AS calls, sum(prompt_tokens) AS prompt_tokens,
    sum(completion_tokens) AS completion_tokens, round(sum(coalesce(cost_usd, 0)), 4) AS cost_usd,
    round(sum(CASE state WHEN 'reserved' THEN coalesce(reserved_usd, 0) ELSE 0 END), 4) AS reserved_usd
  FROM teacher_calls GROUP BY endpoint, model, state;
CREATE VIEW evaluation_summary AS
  SELECT run_id, model, system_message, count(*) AS tasks, sum(n) AS n,
    round(sum(accuracy * n) / sum(n), 4) AS accuracy, round(sum(extracted * n) / sum(n), 4) AS extracted
  FROM evaluations GROUP BY run_id, model, model_id, system_message;
"""

TEACHING = """
ALTER TABLE teacher_calls ADD COLUMN final INTEGER NOT NULL DEFAULT 0;
ALTER TABLE demonstrations ADD COLUMN hinted INTEGER NOT NULL DEFAULT 0;
CREATE TABLE charges (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs(id),
  call_key TEXT NOT NULL REFERENCES teacher_calls(key), reserved_usd REAL NOT NULL, cost_usd REAL,
  created_at TEXT NOT NULL, settled_at TEXT
) STRICT;
CREATE INDEX charges_by_call ON charges(call_key);
DROP VIEW teacher_spend;
CREATE VIEW teacher_spend AS
  SELECT calls.endpoint AS endpoint, calls.model AS model, count(DISTINCT calls.key) AS calls,
    count(charges.id) AS tries,
    round(sum(coalesce(charges.cost_usd, 0)), 4) AS cost_usd,
    round(sum(CASE WHEN charges.cost_usd IS NULL THEN charges.reserved_usd ELSE 0 END), 4) AS unsettled_usd
  FROM charges JOIN teacher_calls AS calls ON calls.key = charges.call_key GROUP BY calls.endpoint, calls.model;
"""

REVIEW = """
ALTER TABLE demonstrations ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
UPDATE demonstrations SET edited = 1 WHERE review = 'edited';
CREATE VIRTUAL TABLE demonstration_texts USING fts5(text, content='demonstrations', content_rowid='id');
CREATE TRIGGER demonstration_added AFTER INSERT ON demonstrations BEGIN
  INSERT INTO demonstration_texts(rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER demonstration_changed AFTER UPDATE OF text ON demonstrations WHEN old.text IS NOT new.text BEGIN
  INSERT INTO demonstration_texts(demonstration_texts, rowid, text) VALUES ('delete', old.id, old.text); INSERT INTO
  demonstration_texts(rowid, text) VALUES (new.id, new.text); END;
INSERT INTO demonstration_texts(demonstration_texts) VALUES ('rebuild');
"""

LIKELIHOODS = """
CREATE TABLE likelihoods (
  text_hash TEXT NOT NULL, sample_id TEXT NOT NULL REFERENCES samples(id), model_sha256 TEXT NOT NULL,
  system_message TEXT NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (text_hash, sample_id, model_sha256, system_message)
) STRICT, WITHOUT ROWID;
"""

BATCHES = """
CREATE TABLE batches (
  id INTEGER PRIMARY KEY, mark TEXT NOT NULL UNIQUE, endpoint TEXT NOT NULL, model TEXT NOT NULL,
  remote_id TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('submitting', 'open', 'done')),
  created_at TEXT NOT NULL, finished_at TEXT
) STRICT;
CREATE TABLE batch_calls (
  batch_id INTEGER NOT NULL REFERENCES batches(id), call_key TEXT NOT NULL REFERENCES teacher_calls(key),
  sample_id TEXT NOT NULL REFERENCES samples(id), strategy TEXT NOT NULL, hinted INTEGER NOT NULL,
  charge_id INTEGER NOT NULL REFERENCES charges(id), PRIMARY KEY (batch_id, call_key)
) STRICT, WITHOUT ROWID;
"""

BASE_RUNS = """
UPDATE runs SET stage = 'base' WHERE stage = 'export'
  AND json_extract(inputs_json, '$."orca_local.base_sha256"') IS NOT NULL
  AND json_extract(inputs_json, '$."orca_local.adapter_sha256"') IS NULL
"""

READINGS = """
DROP VIEW probe_matrix;
DROP VIEW evaluation_summary;
CREATE TABLE scores_of_both_readings (
  generation_key TEXT NOT NULL REFERENCES generations(key), sample_id TEXT NOT NULL REFERENCES samples(id),
  scorer_version INTEGER NOT NULL,
  strict_extracted TEXT, strict_value REAL CHECK (strict_value BETWEEN 0 AND 1),
  lenient_extracted TEXT, lenient_value REAL CHECK (lenient_value BETWEEN 0 AND 1),
  scorer TEXT NOT NULL, PRIMARY KEY (generation_key, sample_id, scorer_version)
) STRICT, WITHOUT ROWID;
INSERT INTO scores_of_both_readings
  SELECT generation_key, sample_id, 1, extracted, value, extracted, value, scorer FROM scores;
DROP TABLE scores;
ALTER TABLE scores_of_both_readings RENAME TO scores;
CREATE INDEX scores_by_version ON scores(scorer_version);
ALTER TABLE strategies ADD COLUMN asks_form INTEGER NOT NULL DEFAULT 1;
ALTER TABLE measurements ADD COLUMN asks_form INTEGER NOT NULL DEFAULT 1;
UPDATE measurements SET asks_form = 0 WHERE strategy = '';
ALTER TABLE selections ADD COLUMN scorer_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE demonstrations ADD COLUMN scorer_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE demonstrations ADD COLUMN verdict TEXT NOT NULL DEFAULT 'unchecked' CHECK (verdict IN
  ('equal', 'equal_value', 'same_label', 'similar', 'different', 'unreadable', 'unchecked'));
UPDATE demonstrations SET verdict = CASE verified WHEN 1 THEN 'equal' ELSE 'different' END WHERE verified IS NOT NULL;
ALTER TABLE evaluations ADD COLUMN strict_accuracy REAL;
ALTER TABLE evaluations ADD COLUMN unreadable REAL;
ALTER TABLE evaluations ADD COLUMN truncated REAL;
CREATE VIEW probe_matrix AS
  SELECT samples.task AS task, measured.strategy AS strategy, models.path AS model, count(*) AS n,
    round(avg(coalesce(CASE measured.asks_form WHEN 1 THEN strict_value ELSE lenient_value END, 0)), 4) AS accuracy,
    round(avg(coalesce(lenient_value, 0)), 4) AS lenient_accuracy,
    round(avg(CASE measured.asks_form WHEN 1 THEN strict_value ELSE lenient_value END IS NOT NULL), 4) AS extracted,
    round(avg(strict_value IS NULL AND lenient_value IS NULL), 4) AS unreadable,
    round(avg(generations.finish_reason = 'length'), 4) AS truncated,
    round(avg(generations.completion_tokens), 1) AS completion_tokens
  FROM latest_measurements AS latest
  JOIN measurements AS measured ON measured.id = latest.id
  JOIN samples ON samples.id = measured.sample_id AND samples.split = 'probe'
  JOIN models ON models.id = measured.model_id
  JOIN generations ON generations.key = measured.generation_key
  LEFT JOIN scores ON scores.generation_key = measured.generation_key AND scores.sample_id = measured.sample_id
    AND scores.scorer_version = (SELECT max(newest.scorer_version) FROM scores AS newest
      WHERE newest.generation_key = measured.generation_key AND newest.sample_id = measured.sample_id)
  GROUP BY samples.task, measured.strategy, models.id;
CREATE VIEW evaluation_summary AS
  SELECT run_id, model, system_message, count(*) AS tasks, sum(n) AS n,
    round(sum(accuracy * n) / sum(n), 4) AS accuracy, round(sum(extracted * n) / sum(n), 4) AS extracted,
    round(sum(strict_accuracy * n) / sum(n), 4) AS strict_accuracy,
    round(sum(unreadable * n) / sum(n), 4) AS unreadable, round(sum(truncated * n) / sum(n), 4) AS truncated
  FROM evaluations GROUP BY run_id, model, model_id, system_message;
"""

RELATIVE_PATHS = """
UPDATE exports SET adapter_id = (SELECT newest.id FROM adapters AS own JOIN adapters AS newest
  ON newest.sha256 = own.sha256 AND path_in_workspace(newest.path) = path_in_workspace(own.path)
  WHERE own.id = exports.adapter_id ORDER BY newest.position DESC LIMIT 1) WHERE adapter_id IS NOT NULL;
DELETE FROM adapters WHERE id NOT IN (SELECT id FROM
  (SELECT id, max(position) FROM adapters GROUP BY sha256, path_in_workspace(path)));
UPDATE models SET path = path_in_workspace(path) WHERE path IN (SELECT path FROM exports);
UPDATE exports SET path = path_in_workspace(path);
UPDATE adapters SET path = path_in_workspace(path);
UPDATE trainings SET directory = path_in_workspace(directory);
UPDATE runs SET inputs_json = values_in_workspace(inputs_json) WHERE inputs_json LIKE '%"output"%';
UPDATE events SET payload_json = values_in_workspace(payload_json)
  WHERE kind IN ('StageFinished', 'FileWritten', 'CheckpointSaved', 'TrainingResumed')
"""

MESSAGES = """
ALTER TABLE samples ADD COLUMN messages_json TEXT NOT NULL DEFAULT '[]'
"""

SUITES = """
CREATE TABLE suite_measurements (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs(id), suite TEXT NOT NULL, digest TEXT NOT NULL,
  question_id TEXT NOT NULL, model TEXT NOT NULL, model_id INTEGER NOT NULL REFERENCES models(id),
  system_message_id INTEGER NOT NULL REFERENCES system_messages(id),
  generation_key TEXT NOT NULL REFERENCES generations(key), created_at TEXT NOT NULL,
  UNIQUE (suite, digest, question_id, model_id, system_message_id, generation_key)
) STRICT;
CREATE INDEX suite_measurements_by_run ON suite_measurements(run_id, model_id);
CREATE TABLE suite_scores (
  generation_key TEXT NOT NULL REFERENCES generations(key), suite TEXT NOT NULL, question_id TEXT NOT NULL,
  rule TEXT NOT NULL, scorer_version INTEGER NOT NULL, extracted TEXT, value REAL CHECK (value BETWEEN 0 AND 1),
  PRIMARY KEY (generation_key, suite, question_id, rule, scorer_version)
) STRICT, WITHOUT ROWID;
"""

PURPOSES = """
ALTER TABLE charges ADD COLUMN purpose TEXT NOT NULL DEFAULT 'teach';
DROP VIEW teacher_spend;
CREATE VIEW teacher_spend AS
  SELECT charges.purpose AS purpose, calls.endpoint AS endpoint, calls.model AS model,
    count(DISTINCT calls.key) AS calls, count(charges.id) AS tries,
    round(sum(coalesce(charges.cost_usd, 0)), 4) AS cost_usd,
    round(sum(CASE WHEN charges.cost_usd IS NULL THEN charges.reserved_usd ELSE 0 END), 4) AS unsettled_usd
  FROM charges JOIN teacher_calls AS calls ON calls.key = charges.call_key
  GROUP BY charges.purpose, calls.endpoint, calls.model
"""

STEPS: tuple[tuple[str, str], ...] = (
    ("0001_initial", INITIAL),
    ("0002_teaching", TEACHING),
    ("0003_review", REVIEW),
    ("0004_likelihoods", LIKELIHOODS),
    ("0005_batches", BATCHES),
    ("0006_base_runs", BASE_RUNS),
    ("0007_readings", READINGS),
    ("0008_relative_paths", RELATIVE_PATHS),
    ("0009_messages", MESSAGES),
    ("0010_suites", SUITES),
    ("0011_purposes", PURPOSES),
)
"""Name and SQL of every migration, oldest first. A released migration never changes; add a new one instead."""
