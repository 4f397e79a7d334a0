// The pages work without this; it only makes them nicer.
import { initAll } from './govuk-frontend.min.js'

initAll()

// A page that links to its own print view offers the browser's print dialogue.
document.querySelectorAll('[data-print]').forEach((button) => {
  button.hidden = false
  button.addEventListener('click', () => window.print())
})
// Whole questions that are folded away on a page are printed all the same.
window.addEventListener('beforeprint', () => document.querySelectorAll('details.charter-question').forEach((one) => { one.open = true }))

// Beside the name of a folded list: how many of its boxes are ticked.
document.querySelectorAll('[data-ticked]').forEach((count) => {
  const list = count.closest('details')
  const say = () => {
    const ticked = list.querySelectorAll(':checked').length
    count.textContent = ticked ? `${ticked} ticked` : ''
  }
  list.addEventListener('change', say)
  say()
})
