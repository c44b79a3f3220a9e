// nodemailer, pooled, as one process: node nodemailer.mjs JSON
// `way` is "raw" (the same prepared message for everyone), "composing", or "dkim" (also signed).
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";

const job = JSON.parse(process.argv[2]);
const nodemailer = createRequire(join(job.modules, "here.js"))("nodemailer");
const texts = JSON.parse(readFileSync(job.texts, "utf8"));
const ready = readFileSync(job.message);

const transport = nodemailer.createTransport({
  pool: true,
  host: "127.0.0.1",
  port: job.port,
  name: "peer.test",
  maxConnections: job.connections,
  maxMessages: Infinity,
  secure: false,
  ignoreTLS: !job.certificate,
  requireTLS: Boolean(job.certificate),
  tls: job.certificate ? { ca: readFileSync(job.certificate) } : undefined,
  dkim: job.way === "dkim"
    ? { domainName: texts.domain, keySelector: "s1", privateKey: readFileSync(job.key, "utf8") }
    : undefined,
});

function mail(number) {
  const recipient = `reader${number}@example.net`;
  const envelope = { from: texts.envelope, to: recipient };
  if (job.way === "raw") return { envelope, raw: ready };
  const values = {
    unsubscribe: `https://${texts.domain}/u/${number}`,
    preferences: `https://${texts.domain}/p/${number}`,
    name: `Reader ${number}`,
  };
  let { text, html } = texts;
  for (const [slot, word] of Object.entries(texts.slots)) {
    text = text.replaceAll(word, values[slot]);
    html = html.replaceAll(word, values[slot]);
  }
  return {
    envelope,
    from: texts.from,
    to: `Reader ${number} <${recipient}>`,
    subject: texts.subject,
    text,
    html,
    textEncoding: "quoted-printable",
    messageId: `<${number}@${texts.domain}>`,
    list: { unsubscribe: values.unsubscribe },
  };
}

let next = job.first;
const end = job.first + job.count;

// Twice as many tasks as connections, so that the pool never waits for us.
async function work() {
  while (next < end) await transport.sendMail(mail(next++));
}

console.log("ready");
createInterface({ input: process.stdin }).once("line", async () => {
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: 2 * job.connections }, work));
  transport.close();
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({ accepted: job.count, cpu_seconds: (used.user + used.system) / 1e6 }));
  process.exit(0);
});
