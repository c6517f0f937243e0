/**
 * What a real Epic site does and the specifications do not say: {@link
 * io.epicfhir.sandbox.epic.Behaviour} lists it, {@link io.epicfhir.sandbox.epic.EpicShape} gives
 * resources its shape. Shapes follow answers of Epic's public sandbox.
 */
package io.epicfhir.sandbox.epic;
