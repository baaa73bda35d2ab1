es
