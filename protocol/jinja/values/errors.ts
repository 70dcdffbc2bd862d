/** A text that is no template, because its syntax is wrong. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";
}

/** A template that uses a value which is not defined. */
export class UndefinedError extends Error {
  override readonly name = "UndefinedError";
}

/** Any other failure of a template, in the words of Python. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}
