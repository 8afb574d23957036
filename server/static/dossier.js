// Makes the pages' forms answer in place. Everything works without it, by plain form posts; it
// draws nothing of its own: answers come as HTML that the server escaped and drew.

document.documentElement.classList.add("scripted");

/** Parse server-drawn HTML; scripts in it would not run, and the policy forbids them besides. */
function drawn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const place = document.createDocumentFragment();
  place.append(...page.body.childNodes);
  return document.adoptNode(place);
}

/** Post a form and call `on[event](data)` for each server-sent event. */
async function stream(url, body, on) {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { Accept: "text/event-stream, application/json" },
  });
  if (!(response.headers.get("content-type") || "").startsWith("text/event-stream")) {
    const reply = await response.json().catch(() => null);
    const error = reply?.error ?? { message: "The service could not be reached.", hint: "Try again." };
    on.error(error);
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let ended = false;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (!name || !data) continue;
      ended ||= name === "done" || name === "error";
      on[name]?.(JSON.parse(data));
    }
  }
  if (!ended) on.error({ message: "The reply broke off.", hint: "Try again." });
}

function progress(text) {
  const line = document.getElementById("progress");
  line.textContent = text;
  line.classList.toggle("busy", Boolean(text));
}

function problem(error) {
  const line = document.getElementById("problem");
  line.hidden = !error;
  line.textContent = error ? `${error.message} ${error.hint}` : "";
}

// Asking

const composer = document.getElementById("ask");
const question = document.getElementById("question");
let asking = false;

async function ask(form) {
  if (asking) return;
  asking = true;
  const body = new FormData(composer);
  // An example brings its own question; filters and conversation are the composer's.
  body.set("question", new FormData(form).get("question"));
  const send = composer.querySelector(".send");
  send.disabled = true;
  problem(null);
  progress("Reading the question…");
  try {
    await stream("/", body, {
      step: ({ text }) => progress(text),
      done: ({ html, conversation }) => show(html, conversation),
      error: problem,
    });
  } catch {
    problem({ message: "The service could not be reached.", hint: "Is it still running?" });
  }
  progress("");
  send.disabled = false;
  asking = false;
}

function show(html, conversation) {
  document.getElementById("latest")?.removeAttribute("id");
  const place = document.createElement("div");
  place.className = "turn-place";
  place.id = "latest";
  place.append(drawn(html));
  document.getElementById("turns").append(place);
  document.body.classList.remove("fresh");
  composer.elements.conversation.value = conversation;
  question.value = "";
  question.placeholder = "Ask on: “When?”, “Who else?”";
  history.replaceState(null, "", `/?${new URLSearchParams({ conversation })}`);
  const heading = place.querySelector(".question");
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start" });
}

if (composer) {
  for (const form of document.querySelectorAll("form[data-ask]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
  question.addEventListener("keydown", (event) => {
    // isComposing: Enter that picks a word in an input method must not send.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });
  if (document.getElementById("latest")) {
    document.querySelector("#latest .question")?.focus({ preventScroll: true });
  } else if (matchMedia("(hover: hover)").matches) {
    question.focus();
  }
}

// Feedback and copying, wherever turns are added

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-feedback]")) return;
  event.preventDefault();
  const said = form.querySelector(".said");
  const reply = await fetch("/api/feedback", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      answer_id: form.elements.answer_id.value,
      verdict: event.submitter.value,
    }),
  }).catch(() => null);
  if (!reply?.ok) {
    said.textContent = "Not kept. Try again.";
    return;
  }
  for (const part of form.querySelectorAll("button, .ask-verdict")) part.hidden = true;
  said.textContent = `Noted as ${event.submitter.value}. Thank you.`;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const copied = await copy(button.dataset.copy);
  button.textContent = copied ? "Copied" : "Select the text to copy it";
  setTimeout(() => (button.textContent = "Copy citation"), 2000);
});

/** The clipboard is closed to pages over plain HTTP from another machine; then the old way. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

// Adding documents

const STAGES = {
  waiting: () => "Waiting for another ingest to end…",
  reading: (done, total) => `Reading files: ${done} of ${total}…`,
  analysing: (done, total) => `Finding actors and attacks: ${done} of ${total} documents…`,
  embedding: (done, total) => `Indexing passages: ${done} of ${total}…`,
  publishing: () => "Publishing…",
};

const upload = document.querySelector("form[data-upload]");
upload?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const files = [...upload.elements.files.files];
  const size = files.reduce((sum, file) => sum + file.size, 0);
  problem(null);
  if (size > Number(upload.dataset.maxBytes)) {
    problem({ message: "Together the files are too large.", hint: "Add them in several steps." });
    return;
  }
  const button = upload.querySelector("button");
  const bar = upload.querySelector(".bar");
  button.disabled = true;
  bar.hidden = false;
  bar.removeAttribute("value");
  progress(`Sending ${files.length} file${files.length === 1 ? "" : "s"}…`);
  try {
    await stream("/documents", new FormData(upload), {
      progress: ({ stage, done, total }) => {
        bar.max = Math.max(total, 1);
        bar.value = done;
        progress(STAGES[stage]?.(done, total) ?? stage);
      },
      done: ({ html }) => {
        const place = document.getElementById("results");
        place.replaceChildren(drawn(html));
        upload.reset();
        place.querySelector(".results").focus();
        refresh();
      },
      error: problem,
    });
  } catch {
    problem({ message: "The service could not be reached.", hint: "Is it still running?" });
  }
  progress("");
  bar.hidden = true;
  button.disabled = false;
});

/** Redraw the list below the results, as the server draws it. */
async function refresh() {
  const reply = await fetch(location.href).catch(() => null);
  if (!reply?.ok) return;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  document.getElementById("collection").replaceWith(
    document.adoptNode(page.getElementById("collection")),
  );
}

// Reading

const cited = document.getElementById("cited");
if (cited && location.hash === "#cited") {
  cited.scrollIntoView({ block: "center", behavior: "instant" });
  cited.focus({ preventScroll: true });
}
const back = document.querySelector("a[data-back]");
if (back && history.length > 1 && document.referrer.startsWith(`${location.origin}/`)) {
  const from = new URL(document.referrer);
  if (from.pathname === "/") {
    back.hidden = false;
    back.href = from.href;
  }
}
