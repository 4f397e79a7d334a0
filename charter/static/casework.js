// The page of a case: each finding is saved as one goes, phrases come without a new page, and keys go through the
// criteria. A second look saves in the same way. Without this the buttons of the page do all of it.
const form = document.querySelector('[data-findings]')
const criteria = [...(form?.querySelectorAll('.charter-case__criterion') ?? [])]
const WAIT = 2000

// Saving ---------------------------------------------------------------------------------------------------------

const state = new Map()
const code = (one) => one.querySelector('.charter-case__body').id
const boxes = (one) => [...one.querySelectorAll('input[name], textarea[name]')]
const seen = (one) => one.querySelector('[name^="seen-"]')
const typed = (one) => boxes(one).filter((box) => box !== seen(one) && (!box.matches('[type=radio], [type=checkbox]') || box.checked)).map((box) => [box.name, box.value])
const asText = (one) => JSON.stringify(typed(one))

const say = (one, text, wrong = false) => {
  const said = state.get(one).said
  said.textContent = text
  said.classList.toggle('charter-case__said--wrong', wrong)
}

const refuse = (one, text, more = []) => {
  forgive(one)
  const error = document.createElement('p')
  error.className = 'govuk-error-message'
  error.id = `error-${code(one)}`
  error.append(text)
  const radios = one.querySelector('.charter-case__outcomes')
  radios.before(error, ...more)
  state.get(one).wrong = [error, ...more]
  const group = radios.closest('fieldset')
  group.classList.add('charter-case__wrong')
  group.setAttribute('aria-describedby', error.id)
  one.classList.add('charter-case__criterion--refused')
  say(one, `Not saved. ${text}`, true)
}

const forgive = (one) => {
  const mine = state.get(one)
  const group = one.querySelector('.charter-case__outcomes').closest('fieldset')
  for (const part of [...mine.wrong, one.querySelector(`[id="error-${code(one)}"]`)]) part?.remove()
  mine.wrong = []
  group.classList.remove('charter-case__wrong')
  group.removeAttribute('aria-describedby')
  one.classList.remove('charter-case__criterion--refused')
}

// Somebody saved another finding meanwhile: both are shown, and nothing is saved until one of them is chosen.
const choose = (one, answer) => {
  const mine = state.get(one)
  mine.held = true
  const there = document.createElement('div')
  there.className = 'govuk-inset-text'
  const title = document.createElement('p')
  title.innerHTML = '<strong>What is saved now</strong>'
  const words = document.createElement('div')
  words.innerHTML = answer.html
  const button = (text, deed) => {
    const made = document.createElement('button')
    made.type = 'button'
    made.className = 'govuk-button govuk-button--secondary'
    made.textContent = text
    made.addEventListener('click', () => {
      mine.held = false
      mine.tried = null
      seen(one).value = answer.version
      deed()
      forgive(one)
      one.querySelector('.charter-case__body').focus()
      save(one)
    })
    return made
  }
  const takeTheirs = () => {
    for (const box of boxes(one)) {
      if (box === seen(one)) continue
      const theirs = answer.theirs[box.name]
      if (box.type === 'radio') box.checked = box.value === theirs
      else if (box.type === 'checkbox') box.checked = theirs.includes(box.value)
      else box.value = theirs
    }
  }
  there.append(title, words, button('Save mine', () => {}), ' ', button('Keep what is saved', takeTheirs))
  refuse(one, answer.error, [there])
}

const send = (one, keepalive) => {
  const body = new URLSearchParams([...typed(one), [seen(one).name, seen(one).value], ['at', code(one)], ['csrf_token', form.csrf_token.value]])
  return fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' }, redirect: 'manual', keepalive })
}

// Whoever signed in again in another window has another token: the page's own is changed for it.
const newToken = async () => {
  const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), 'text/html')
  const token = page.querySelector('[data-findings] [name=csrf_token]')
  if (token) form.csrf_token.value = token.value
  return token !== null
}

const isJson = (response) => response.headers.get('Content-Type')?.startsWith('application/json')

const attempt = async (one, keepalive) => {
  const mine = state.get(one)
  const before = asText(one)
  let response = await send(one, keepalive)
  if (response.status === 400 && !isJson(response) && (await newToken())) response = await send(one, keepalive)
  if (response.type === 'opaqueredirect') {
    say(one, 'Not saved: you were signed out. Press “Save and go on” to sign in again. All that you typed here is kept.', true)
    return
  }
  if (!isJson(response)) {
    say(one, 'Not saved yet: the portal has a problem. It is still on this page. Press “Save and go on” in a few minutes.', true)
    return
  }
  const answer = await response.json()
  if (answer.theirs) choose(one, answer)
  else if (answer.error) refuse(one, answer.error)
  else {
    seen(one).value = answer.version
    mine.saved = before
    forgive(one)
    say(one, answer.saved)
    one.querySelector('summary > :last-child').innerHTML = answer.tag
    count()
  }
}

const save = async (one, keepalive = false) => {
  const mine = state.get(one)
  clearTimeout(mine.timer)
  while (mine.running) await mine.running
  if (mine.held || asText(one) === mine.saved || asText(one) === mine.tried) return
  mine.tried = asText(one) // what was refused is not sent again until it changes
  mine.running = attempt(one, keepalive).catch(() => {
    mine.tried = null
    say(one, 'Not saved: there is no connection. It is still on this page, and is saved with your next change.', true)
  })
  await mine.running
  mine.running = null
}

const has = (one) => one.matches('[data-met]') || one.querySelector('.charter-case__outcomes :checked') !== null

// How many of those that need one have a finding, in all and, where it is said, in each theme.
const count = () => {
  const progress = document.querySelector('.charter-case__progress progress')
  const needed = criteria.filter((one) => !one.matches('[data-extra]'))
  progress.value = needed.filter(has).length
  document.querySelector(`label[for=${progress.id}] strong`).textContent = `${progress.value} of ${needed.length}`
  for (const section of form.querySelectorAll('section:has(h2 .charter-case__count)')) {
    const own = [...section.querySelectorAll('.charter-case__criterion')]
    const made = own.filter(has).length
    section.querySelector('.charter-case__count').textContent = `${made} of ${own.length} found`
    const listed = document.querySelector(`.charter-case__contents [href="#${section.querySelector('h2').id}"] + span`)
    listed.firstChild.textContent = `${made} of ${own.length}`
    listed.classList.toggle('charter-case__count--all', made === own.length)
  }
}

for (const one of criteria) {
  const said = document.createElement('p')
  said.className = 'charter-case__said'
  said.setAttribute('role', 'status')
  one.querySelector('button[name=at]').after(said)
  state.set(one, { said, saved: asText(one), tried: null, wrong: [], held: one.querySelector('.charter-case__wrong .govuk-inset-text') !== null, running: null, timer: 0 })
  one.addEventListener('input', () => {
    clearTimeout(state.get(one).timer)
    state.get(one).timer = setTimeout(() => save(one), WAIT)
  })
  one.addEventListener('change', (event) => {
    if (event.target.name && !event.target.matches('select')) save(one)
  })
}

// What is on its way arrives before the form is sent, else the form would not have seen it.
let sending = false
form?.addEventListener('submit', async (event) => {
  for (const mine of state.values()) clearTimeout(mine.timer)
  const running = [...state.values()].map((mine) => mine.running).filter(Boolean)
  if (sending || running.length === 0) return
  event.preventDefault()
  await Promise.all(running)
  sending = true
  form.requestSubmit(event.submitter)
})
addEventListener('pagehide', () => {
  if (!sending) criteria.forEach((one) => save(one, true))
})

// Phrases --------------------------------------------------------------------------------------------------------

const phrasesFor = async (one, asks) => {
  const outcome = one.querySelector('.charter-case__outcomes :checked')?.value ?? ''
  const response = await fetch(`${form.dataset.phrases}?${new URLSearchParams({ criterion: code(one), outcome })}`, { headers: { Accept: 'application/json' }, redirect: 'manual' })
  if (!response.ok) return form.requestSubmit(asks) // the page itself knows what to do, such as to sign in
  const { phrases } = await response.json()
  if (phrases.length === 0) return form.requestSubmit(asks)
  one.querySelector('.charter-phrases')?.remove()
  const box = one.querySelector('[name^="feedback-"]')
  const list = document.createElement('div')
  list.className = 'charter-phrases'
  const label = document.createElement('label')
  label.textContent = 'Standard phrase'
  label.htmlFor = `phrase-${code(one)}`
  const select = document.createElement('select')
  select.className = 'govuk-select'
  select.id = label.htmlFor
  select.append(...phrases.map((phrase) => new Option(phrase.short, phrase.text)))
  const put = document.createElement('button')
  put.type = 'button'
  put.className = 'govuk-button govuk-button--secondary'
  put.textContent = 'Put it in'
  put.addEventListener('click', () => {
    const [start, end] = [box.selectionStart, box.selectionEnd]
    const gap = start > 0 && !/\s$/.test(box.value.slice(0, start)) ? '\n' : ''
    box.setRangeText(gap + select.value, start, end, 'end')
    box.focus()
    box.dispatchEvent(new Event('input', { bubbles: true }))
    list.remove()
    asks.hidden = false
  })
  list.append(label, select, ' ', put)
  asks.after(list)
  asks.hidden = true
  select.focus()
}

form?.addEventListener('click', (event) => {
  const asks = event.target.closest('button[name=phrases]')
  if (!asks) return
  event.preventDefault()
  phrasesFor(asks.closest('.charter-case__criterion'), asks)
})

// Keys -----------------------------------------------------------------------------------------------------------

const help = document.querySelector('#keys')
const SWITCH = 'charter-case-keys'
const kept = () => {
  try {
    return localStorage.getItem(SWITCH)
  } catch {
    return null // a browser that keeps nothing
  }
}
let keys = kept() !== 'off'
if (help) {
  help.hidden = false
  const box = help.querySelector('[data-keys]')
  box.checked = keys
  box.addEventListener('change', () => {
    keys = box.checked
    try {
      if (keys) localStorage.removeItem(SWITCH)
      else localStorage.setItem(SWITCH, 'off')
    } catch {
      // it holds for this page
    }
  })
}

const here = () => document.activeElement?.closest('.charter-case__criterion') ?? null
let opened = null
const go = (one) => {
  if (!one) return
  if (opened && opened !== one && !opened.matches('.charter-case__criterion--refused')) opened.open = false
  if (!one.open) opened = one
  one.open = true
  const body = one.querySelector('.charter-case__body')
  body.focus({ preventScroll: true })
  one.scrollIntoView({ block: 'start' })
}
const step = (by) => {
  const at = criteria.indexOf(here())
  go(at < 0 ? criteria[0] : criteria[at + by])
}
const next = () => {
  const at = criteria.indexOf(here())
  const waiting = [...criteria.slice(at + 1), ...criteria.slice(0, at + 1)].find((one) => !has(one))
  if (waiting) return go(waiting)
  const recommend = document.querySelector('.charter-case__recommend [type=radio]')
  if (recommend) return recommend.focus()
  return form.requestSubmit((here() ?? criteria[0]).querySelector('button[name=at]'))
}
// What is met needs no words, so it leads on; whoever finds less may want to say why.
const find = (outcome) => {
  const one = here()
  const radio = one?.querySelector(`.charter-case__outcomes [value="${outcome}"]`)
  if (!radio) return
  radio.click()
  if (help.dataset.leadsOn.split(' ').includes(outcome) && !criteria.every(has)) next()
}
const deeds = {
  n: next,
  j: () => step(1),
  k: () => step(-1),
  f: () => here()?.querySelector('[name^="feedback-"]').focus(),
  p: () => here()?.querySelector('[name^="note-"]').focus(),
  s: () => here()?.querySelector('button[name=phrases]')?.click(),
  m: () => form.querySelector('button[value=rest-met]')?.click(),
  '?': () => {
    help.open = true
    help.querySelector('summary').focus()
  },
}

if (form && help) {
  document.addEventListener('keydown', (event) => {
    if (!keys || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const types = event.target.matches('textarea, select, input:not([type=radio], [type=checkbox])')
    if (event.key === 'Escape' && types && here()) return go(here())
    if (types) return
    const outcome = help.dataset.outcomes.split(' ')[Number(event.key) - 1]
    const deed = outcome ? () => find(outcome) : deeds[event.key]
    if (!deed) return
    event.preventDefault()
    deed()
  })
}
