"""Probes of the preset `hostile`: commands, payloads and tokens that a server has to refuse, tried one by one."""
