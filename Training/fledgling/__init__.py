"""Everything that makes the model `fledgling`: corpus, tokenizer, training, export, evaluation."""
