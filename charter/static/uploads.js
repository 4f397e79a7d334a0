// Sends the chosen files one by one and shows how far each is. Without this the form sends them all together.
const form = document.querySelector('[data-uploads]')
const list = document.querySelector('[data-uploads-list]')

// One file, sent. Resolves to what became of it: { id, title, address, checking, known } or { error }.
const send = (file, progress) =>
  new Promise((resolve) => {
    const body = new FormData(form)
    body.delete('files')
    body.append('files', file)
    const request = new XMLHttpRequest()
    request.open('POST', window.location.href)
    request.setRequestHeader('Accept', 'application/json')
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) progress.value = (event.loaded / event.total) * 100
    })
    request.addEventListener('load', () => {
      try {
        resolve(JSON.parse(request.responseText))
      } catch {
        resolve({ error: request.status === 413 ? 'The file is too large.' : 'It could not be added. Try again in a few minutes.' })
      }
    })
    request.addEventListener('error', () => resolve({ error: 'The connection was lost. Try this file again.' }))
    request.send(body)
  })

const row = (file) => {
  const item = document.createElement('li')
  item.className = 'charter-uploads__file'
  const name = document.createElement('span')
  name.textContent = file.name
  const progress = document.createElement('progress')
  progress.max = 100
  progress.value = 0
  progress.setAttribute('aria-label', `Sending ${file.name}`)
  const said = document.createElement('span')
  item.append(name, progress, said)
  list.querySelector('ul').append(item)
  return { item, name, progress, said }
}

form?.addEventListener('submit', async (event) => {
  const input = form.querySelector('[type=file]')
  const files = [...input.files]
  if (files.length === 0 || files.length > Number(form.dataset.most)) return
  event.preventDefault()
  const button = form.querySelector('button')
  button.disabled = true
  list.hidden = false
  const status = list.querySelector('[data-uploads-said]')
  const rows = files.map((file) => [file, row(file)])
  const added = []
  let known = 0
  for (const [index, [file, shown]] of rows.entries()) {
    status.textContent = `Sending file ${index + 1} of ${files.length}`
    const answer = await send(file, shown.progress)
    shown.progress.remove()
    if (answer.error) {
      shown.item.classList.add('charter-uploads__file--refused')
      shown.said.textContent = `Not added. ${answer.error}`
    } else {
      if (answer.known) known += 1
      else added.push(answer.id)
      const link = document.createElement('a')
      link.className = 'govuk-link'
      link.href = answer.address
      link.textContent = answer.title
      if (answer.known) {
        shown.said.append(file.name === answer.title ? 'You have this already.' : 'You have this already, as “', ...(file.name === answer.title ? [] : [link, '”.']))
      } else {
        shown.name.replaceWith(link)
        shown.said.textContent = answer.checking ? 'Added. It is being checked for viruses.' : 'Added'
      }
    }
  }
  status.textContent = `${added.length} of ${files.length} added.${known ? ` You had ${known} already.` : ''}`
  const use = list.querySelector('[data-uploads-use]')
  if (use) {
    use.hidden = added.length === 0
    use.querySelector('a').href = `${use.dataset.uploadsUse}?${added.map((id) => `piece=${id}`).join('&')}`
  }
  input.value = ''
  button.disabled = false
})
