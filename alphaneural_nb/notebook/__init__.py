"""The notebook's end of the pipeline: magics, form, completion."""
