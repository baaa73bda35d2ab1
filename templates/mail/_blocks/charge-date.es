{{#charge_on}}{{charge_on | date}}{{/charge_on}}{{^charge_on}}{{due_on | date}}{{/charge_on}}
