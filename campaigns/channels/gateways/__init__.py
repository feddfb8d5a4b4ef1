"""Whoever carries our texts: Twilio, a plain HTTP gateway, or the built-in catcher. `campaigns.channels.sms` chooses by SMS_URL."""
