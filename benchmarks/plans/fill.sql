-- The steps of fill.py: one statement below each name. `:readers` and `:issues` are parameters.

-- step: lists
INSERT INTO lists (id, slug) VALUES (1, 'weekly'), (2, 'monthly')

-- step: subscribers
INSERT INTO subscribers
  (id, address, address_key, name, follows, frequency, paused_until, attributes, created_at)
SELECT n, address, address, 'Reader ' || n,
  (ARRAY['', '', '', '|ai|', '|security|', '|ai|security|', '|law|'])[1 + n % 7],
  CASE WHEN n % 20 = 0 THEN 'monthly' ELSE 'weekly' END,
  CASE WHEN n % 100 = 3 THEN timestamptz '2026-11-23 07:00+00' + interval '20 days' END, '{}',
  timestamptz '2026-11-23 07:00+00' - (n % 900) * interval '1 day'
FROM (SELECT n, 'reader' || n || '@' || CASE WHEN n % 10 < 7
    THEN 'example' || n % 5 || '.org' ELSE 'firm' || n % 2003 || '.example.net' END AS address
  FROM generate_series(1, :readers) AS n) AS people

-- step: subscriptions
INSERT INTO subscriptions (list_id, subscriber_id, status, changed_at)
SELECT 1, n, CASE WHEN n % 100 < 90 THEN 'active' WHEN n % 100 < 96 THEN 'unsubscribed'
    WHEN n % 100 < 98 THEN 'bounced' WHEN n % 1000 < 990 THEN 'complained'
    ELSE 'pending' END,
  timestamptz '2026-11-23 07:00+00' - (n % 900) * interval '1 day'
FROM generate_series(1, :readers) AS n

-- step: history
INSERT INTO subscriber_history (subscriber_id, at, event, list_slug, way, detail)
SELECT n, timestamptz '2026-11-23 07:00+00' - (900 - 800 * turn) * interval '1 day' + n % 800 * interval '1 hour',
  CASE WHEN turn = 0 THEN 'import' ELSE 'unsubscribe' END, 'weekly',
  CASE WHEN turn = 0 THEN 'import' ELSE 'page' END, ''
FROM generate_series(0, 1) AS turn, generate_series(1, :readers) AS n
WHERE turn = 0 OR n % 100 BETWEEN 90 AND 97

-- step: suppressions
INSERT INTO suppressions (pattern, reason, at)
SELECT 'gone' || n || '@example.org', 'complained', timestamptz '2026-11-23 07:00+00'
FROM generate_series(1, greatest(:readers / 50, 1)) AS n
UNION ALL SELECT '@closed' || n || '.example.com', 'closed', timestamptz '2026-11-23 07:00+00'
FROM generate_series(1, 100) AS n

-- step: issues
INSERT INTO issues (id, newsletter, number, state, window_start, window_end, due, due_date,
  subject, preheader, frozen_hash, words, blocks, version, audience,
  approved_at, send_started_at, send_finished_at)
SELECT n, 'weekly', n, CASE WHEN n = :issues THEN 'sending' ELSE 'sent' END,
  due - interval '7 days', due, due, to_char(due, 'YYYY-MM-DD'), 'News ' || n, '', '',
  '{}', '[]', 3, :readers, due, due,
  CASE WHEN n < :issues THEN due + interval '2 hours' END
FROM (SELECT n, timestamptz '2026-11-23 07:00+00' - (:issues - n) * interval '7 days' AS due
  FROM generate_series(1, :issues) AS n) AS weeks

-- step: editions
INSERT INTO editions (id, issue_id, key, nonce, subject, preheader, html, text, language,
  item_keys, sha256)
SELECT 4 * issue + e, issue, 'edition' || e, 'n', 'News', '', '', '', 'en', '[]', ''
FROM generate_series(1, :issues) AS issue, generate_series(0, 3) AS e

-- step: deliveries
INSERT INTO deliveries
  (issue_id, subscriber_id, edition_id, state, attempts, retry_at, sender, claimed_at)
SELECT issue, n, 4 * issue + n % 4, state, CASE WHEN state = 'pending' THEN 0 ELSE 1 END,
  CASE WHEN state = 'deferred' THEN timestamptz '2026-11-23 07:00+00' + (n % 90 - 30) * interval '1 minute' END,
  CASE WHEN state = 'unknown' AND n % 3000 = 7 THEN 'dead' END,
  CASE WHEN state <> 'pending' THEN timestamptz '2026-11-23 07:00+00' - (:issues - issue) * interval '7 days' END
FROM (SELECT issue, n,
    CASE WHEN issue = :issues AND n > :readers / 2 THEN 'pending'
      WHEN n % 1000 < 10 THEN 'rejected'
      WHEN n % 1000 < 12 THEN CASE WHEN issue = :issues THEN 'deferred' ELSE 'expired' END
      WHEN n % 1000 = 15 THEN 'suppressed' WHEN n % 3000 = 7 THEN 'unknown'
      ELSE 'accepted' END AS state
  FROM generate_series(1, :issues) AS issue, generate_series(1, :readers) AS n) AS planned

-- step: receipts
INSERT INTO receipts (issue_id, subscriber_id, at, state, relay, code, enhanced, text)
SELECT issue_id, subscriber_id, claimed_at + subscriber_id * interval '1 millisecond',
  state, 'main',
  CASE state WHEN 'accepted' THEN 250 WHEN 'deferred' THEN 451 ELSE 550 END,
  CASE state WHEN 'accepted' THEN '2.0.0' WHEN 'deferred' THEN '4.7.1' ELSE '5.1.1' END,
  CASE state WHEN 'accepted' THEN 'Ok: queued' ELSE 'No' END
FROM deliveries WHERE state NOT IN ('pending', 'suppressed')

-- step: counts
INSERT INTO ledger_counts (issue_id, sender, relay, state, n)
SELECT issue_id, '', '', state, count(*) FROM deliveries GROUP BY issue_id, state
UNION ALL
SELECT issue_id, '', relay, state, count(*) FROM receipts GROUP BY issue_id, relay, state

-- step: bounces
INSERT INTO bounces (subscriber_id, list_slug, number, at, verdict, status)
SELECT n, 'weekly', issue, timestamptz '2026-11-23 07:00+00' - (:issues - issue) * interval '7 days',
  CASE WHEN n % 3 = 0 THEN 'hard' ELSE 'soft' END, '5.1.1'
FROM generate_series(1, :issues) AS issue, generate_series(1, :readers) AS n
WHERE n % 100 = issue % 100

-- step: inbound mail
INSERT INTO inbound_messages (digest, received_at, recipient, envelope_sender, content,
  handled_at, kind, action, address, problem)
SELECT md5(n::text), moment, 'bounces@news.example.org', '',
  CASE WHEN n % 5000 = 1 THEN 'odd'::bytea END, moment,
  (ARRAY['bounce', 'automatic', 'reply', 'complaint'])[1 + n % 4], 'count',
  'reader' || n || '@example.org', ''
FROM (SELECT n, timestamptz '2026-11-23 07:00+00' - n % 700 * interval '1 hour' AS moment
  FROM generate_series(1, :readers / 5) AS n) AS mail

-- step: outbox
INSERT INTO outbox
  (recipient, envelope_sender, message, created_at, attempts, retry_at, answer, state)
SELECT 'reader' || n || '@example.org', '', 'letter'::bytea, timestamptz '2026-11-23 07:00+00', 1,
  timestamptz '2026-11-23 07:00+00' + (n % 60 - 2) * interval '1 minute', '', 'pending'
FROM generate_series(1, :readers / 200) AS n

-- step: webhooks
INSERT INTO webhook_messages
  (url, subject, event, body, created_at, attempts, retry_at, delivered_at, answer)
SELECT 'https://hooks.example.net/a', 'history ' || n, 'subscribed', '', moment, 1,
  CASE WHEN n % 1000 = 0 THEN timestamptz '2026-11-23 07:00+00' - interval '1 minute' END, moment, '200'
FROM (SELECT n, timestamptz '2026-11-23 07:00+00' - n % 700 * interval '1 hour' AS moment
  FROM generate_series(1, :readers / 10) AS n) AS told

-- step: tries and questions
WITH counted AS (
  INSERT INTO tries (key, since, count)
  SELECT md5(n::text), timestamptz '2026-11-23 07:00+00' - n % 40 * interval '1 hour', 1
  FROM generate_series(1, :readers / 20) AS n),
asked AS (
  INSERT INTO confirmations (address_hash, sent, last_at)
  SELECT md5(n::text), 1, timestamptz '2026-11-23 07:00+00' FROM generate_series(1, :readers / 20) AS n)
INSERT INTO address_changes (subscriber_id, list_slug, address, kind, asked_at)
SELECT n, 'weekly', 'new' || n || '@example.org', 'change', timestamptz '2026-11-23 07:00+00' - n % 160 * interval '1 hour'
FROM generate_series(1, :readers / 200) AS n

-- step: confirmations
INSERT INTO subscriber_history (subscriber_id, at, event, list_slug, way, detail)
SELECT n, timestamptz '2026-11-23 07:00+00' - n % 20000 * interval '1 hour', 'confirm', 'weekly', 'page', ''
FROM generate_series(1, :readers) AS n

-- step: letters to new readers
WITH letter AS (
  INSERT INTO dated_letters (newsletter, days, days_since, planned_to)
  SELECT 'weekly', 30, timestamptz '2024-01-01 07:00+00', timestamptz '2026-11-23 06:00+00'
  RETURNING id),
words AS (
  INSERT INTO letter_texts (letter_id, days, subject, text, written_at, written_by, nonce, html, plain, language)
  SELECT id, 30, 'Hello', 'Hello', timestamptz '2024-01-01 07:00+00', 'ed', '0123456789abcdef', 'Hello', 'Hello', 'en'
  FROM letter)
INSERT INTO letter_readers (letter_id, subscriber_id, confirmed_at, state, look_at)
SELECT id, n, timestamptz '2026-10-24 07:00+00', CASE WHEN n % 100 = 1 THEN 'waiting' ELSE 'accepted' END,
  timestamptz '2026-11-23 07:00+00' + (n % 7000 - 100) * interval '1 minute'
FROM letter, generate_series(2, :readers) AS n
